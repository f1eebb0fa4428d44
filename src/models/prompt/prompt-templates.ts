/**
 * The texts that a prompt puts around the query and document of a pair; the tokenizer's
 * PromptTemplate explains each field.
 */
export interface ModelPrompt {
  readonly before: readonly string[];
  readonly query: string;
  readonly queryAlone?: string | undefined;
  readonly between: readonly string[];
  readonly document: string;
  readonly after: readonly string[];
  readonly instruction?: string | undefined;
  readonly queryShare: number;
  readonly queryShareIsOfTexts?: boolean | undefined;
  readonly usesPairTemplate: boolean;
  /**
   * Words of a causal language model that answer whether the document is relevant: the score is the
   * first one's logit less that of the second, if there is one. Absent: nobody knows.
   */
  readonly answerWords?: readonly [string] | readonly [string, string];
}

/** Names of the templates that are built in. */
export const templateNames = [
  "qwen3-reranker",
  "mxbai-rerank-v2",
  "bge-reranker-v2-gemma",
  "llama-nemotron-rerank",
  "zerank",
] as const;

/** The name of a built-in template. */
export type TemplateName = (typeof templateNames)[number];

const chatStart = "<|im_start|>";
const chatEnd = "<|im_end|>\n";

/**
 * The built-in templates, as the authors' own code has them: split into texts where that code
 * tokenizes them separately.
 */
export const promptTemplates: Readonly<Record<TemplateName, ModelPrompt>> = {
  "qwen3-reranker": {
    before: [
      `${chatStart}system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".${chatEnd}${chatStart}user\n`,
    ],
    query: "<Instruct>: {instruction}\n<Query>: {query}\n",
    between: [],
    document: "<Document>: {document}",
    after: [`${chatEnd}${chatStart}assistant\n<think>\n\n</think>\n\n`],
    instruction: "Given a web search query, retrieve relevant passages that answer the query",
    queryShare: 1,
    usesPairTemplate: false,
    answerWords: ["yes", "no"],
  },
  "mxbai-rerank-v2": {
    before: [
      `${chatStart}system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.${chatEnd}${chatStart}user\n`,
    ],
    query: "instruction: {instruction}\nquery: {query}",
    queryAlone: "query: {query}",
    between: ["\n"],
    document: "document: {document}",
    after: [
      "\n",
      "You are a search relevance expert who evaluates how well documents match search queries. For each query-document pair, carefully analyze the semantic relationship between them, then provide your binary relevance judgment (0 for not relevant, 1 for relevant).\nRelevance:",
      `${chatEnd}${chatStart}assistant\n`,
    ],
    queryShare: 0.75,
    queryShareIsOfTexts: true,
    usesPairTemplate: false,
    answerWords: ["1", "0"],
  },
  "bge-reranker-v2-gemma": {
    before: ["<bos>"],
    query: "A: {query}",
    between: ["\n"],
    document: "B: {document}",
    after: [
      "\n",
      "Given a query A and a passage B, determine whether the passage contains an answer to the query by providing a prediction of either 'Yes' or 'No'.",
    ],
    queryShare: 0.75,
    usesPairTemplate: false,
    answerWords: ["Yes"],
  },
  "llama-nemotron-rerank": {
    before: ["<|begin_of_text|>"],
    query: "question:{query} \n \n",
    between: [],
    document: " passage:{document}",
    after: [],
    queryShare: 1,
    usesPairTemplate: false,
  },
  zerank: {
    before: [],
    query: `${chatStart}system\n{query}${chatEnd}`,
    between: [],
    document: `${chatStart}user\n{document}${chatEnd}${chatStart}assistant\n`,
    after: [],
    queryShare: 1,
    usesPairTemplate: false,
    answerWords: ["Yes"],
  },
};

/** Models whose template is known, by their exact ids. Conversions under other names say theirs. */
const templateOfModel: Readonly<Record<string, TemplateName>> = {
  "Qwen/Qwen3-Reranker-0.6B": "qwen3-reranker",
  "Qwen/Qwen3-Reranker-4B": "qwen3-reranker",
  "Qwen/Qwen3-Reranker-8B": "qwen3-reranker",
  "onnx-community/Qwen3-Reranker-0.6B-ONNX": "qwen3-reranker",
  "tomaarsen/Qwen3-Reranker-0.6B-seq-cls": "qwen3-reranker",
  "tomaarsen/Qwen3-Reranker-4B-seq-cls": "qwen3-reranker",
  "tomaarsen/Qwen3-Reranker-8B-seq-cls": "qwen3-reranker",
  "mixedbread-ai/mxbai-rerank-base-v2": "mxbai-rerank-v2",
  "mixedbread-ai/mxbai-rerank-large-v2": "mxbai-rerank-v2",
  "BAAI/bge-reranker-v2-gemma": "bge-reranker-v2-gemma",
  "nvidia/llama-nemotron-rerank-1b-v2": "llama-nemotron-rerank",
  "zeroentropy/zerank-1": "zerank",
  "zeroentropy/zerank-1-small": "zerank",
  "zeroentropy/zerank-2": "zerank",
};

/** Returns the built-in template of a model by its exact id, or undefined. */
export function templateOf(modelId: string): TemplateName | undefined {
  return Object.hasOwn(templateOfModel, modelId) ? templateOfModel[modelId] : undefined;
}
