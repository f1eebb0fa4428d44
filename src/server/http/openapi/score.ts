import { nimTruncateField } from "../dialects/nim.ts";
import { nameForms } from "../dialects/score.ts";
import { propertiesOf } from "../json-fields.ts";
import { rankingProperties } from "../ranking-fields.ts";
import { truncated, usage } from "./answers.ts";
import { nimExample, scoreExamples } from "./examples.ts";
import { rankingFaults } from "./faults.ts";
import type { RouteDoc } from "./route-doc.ts";
import { count, list, number, object, omit, type Schema, text, word } from "./schema.ts";

const side: Schema = {
  anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1 }],
};

/** Score answers keep every pair, so `top_n` and `score_threshold` do not apply. */
const scoreProperties = omit(rankingProperties, ["top_n", "score_threshold"]);

/** The names of the schemas, in the order of `nameForms`. */
const formTitles = [
  "ScoreRequest",
  "ScoreQueriesRequest",
  "ScoreItemsRequest",
  "ScoreDataRequest",
] as const;

const scoreRequests = nameForms.map(([first, second], form) =>
  object(
    formTitles[form] ?? "",
    {
      [first]: { ...side, description: "One text for all pairs, or one for each." },
      [second]: { ...side, description: "The texts to score for it." },
      ...scoreProperties,
    },
    {
      description: `Pairs to score, as \`${first}\` and \`${second}\`. Unknown fields are ignored.`,
      needed: [first, second],
    },
  ),
);

const scoreAnswer = object(
  "ScoreAnswer",
  {
    id: text("The id of the call, as in the header `x-request-id` and in the log."),
    object: word(["list"]),
    created: count("When, in seconds since 1970."),
    model: text("The model that scored."),
    data: list(
      object(
        "Score",
        {
          index: count("The pair's position in the request, from 0."),
          object: word(["score"]),
          score: number("How well the two texts of the pair fit."),
          truncated,
        },
        { optional: ["truncated"] },
      ),
      "A score for each pair, in the order of the request.",
    ),
    usage,
  },
  { description: "The scores of one request." },
);

/** The paths of the score API. */
export const scorePaths = {
  score: scoreDoc("score", "Score pairs of texts"),
  v1: scoreDoc("scoreV1", "Score pairs of texts, under the path with a version"),
} as const;

/** Describes a route that scores pairs as vLLM's clients ask for it. */
function scoreDoc(id: string, summary: string): RouteDoc {
  return {
    id,
    tag: "Scoring",
    summary,
    description:
      "For clients of vLLM. One text for all others, or one for each. All pairs are taken or refused together, and if one fails, the request fails.",
    body: {
      schema: { anyOf: scoreRequests },
      examples: scoreExamples,
      refused: [
        {
          body: { text_1: ["a", "b"], text_2: ["c"] },
          message: "`text_1` must hold one text, or as many as `text_2` (1), got: `2`",
          field: "text_1",
        },
      ],
    },
    answers: [{ status: 200, description: "The scores.", schema: scoreAnswer, hasTimings: true }],
    errors: "object",
    faults: rankingFaults,
  };
}

const textObject = object("NimText", { text: text() }, { needed: ["text"] });

const nimRequest = object(
  "NimRankingRequest",
  {
    query: textObject,
    passages: list(textObject, "The candidates, in any order."),
    ...omit(rankingProperties, [
      "truncate",
      "truncation",
      "raw_scores",
      "use_activation",
      "activation",
      "softmax",
    ]),
    ...propertiesOf([nimTruncateField]),
  },
  {
    description: "A request of NVIDIA NIM's clients. Unknown fields are ignored.",
    needed: ["query", "passages"],
  },
);

const nimAnswer = object("NimRankingAnswer", {
  rankings: list(
    object(
      "NimRanking",
      {
        index: count("The passage's position in the request, from 0."),
        logit: number("The model's logit."),
        truncated,
      },
      { optional: ["truncated"] },
    ),
    "The passages from most to least relevant.",
  ),
  usage,
});

/** Describes the route for clients of NVIDIA NIM. */
export const nimDoc: RouteDoc = {
  id: "rank",
  tag: "Ranking",
  summary: "Rank passages, for NVIDIA NIM",
  description: "For clients of NVIDIA NIM. Scores are logits.",
  body: {
    schema: nimRequest,
    examples: [nimExample],
    refused: [
      {
        body: { query: { text: "q" }, passages: [{ text: "a" }, {}] },
        message: "`passages[1].text` must be a string, got: nothing",
        field: "passages[1].text",
      },
    ],
  },
  answers: [{ status: 200, description: "The ranking.", schema: nimAnswer, hasTimings: true }],
  errors: "object",
  faults: rankingFaults,
};
