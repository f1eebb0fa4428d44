import stringify from "json-stringify-pretty-compact";
import type { MediaType, OpenApi, Operation, ShownSchema } from "./openapi-types.ts";
import { Line, Page, Prose } from "./prose.tsx";

/** Where an example is sent to. */
const address = "http://localhost:7998";

/** The page about the plain JSON routes: everything that the OpenAPI document says. */
export function HttpReference({ openApi }: { readonly openApi: OpenApi }) {
  const operations = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  );
  const names = Object.keys(openApi.components.schemas);
  return (
    <Page
      title="The HTTP API"
      about={openApi.info.description}
      links={[
        ...operations.map(({ path, method, operation }) => ({
          href: `#${operation.operationId}`,
          text: `${method} ${path}`,
        })),
        { href: "#schemas", text: "Schemas" },
        ...names.map((name) => ({ href: `#schema-${name}`, text: name, isInner: true })),
      ]}
      other={{ href: "/docs/grpc", text: "gRPC" }}
    >
      {openApi.tags.map((tag) => (
        <section key={tag.name}>
          <h2>{tag.name}</h2>
          <Prose text={tag.description} />
          {operations
            .filter(({ operation }) => operation.tags.includes(tag.name))
            .map((route) => (
              <Route key={route.operation.operationId} {...route} />
            ))}
        </section>
      ))}
      <section id="schemas">
        <h2>Schemas</h2>
        {names.map((name) => (
          <NamedSchema key={name} name={name} schema={openApi.components.schemas[name] ?? {}} />
        ))}
      </section>
    </Page>
  );
}

interface RouteProps {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function Route({ path, method, operation }: RouteProps) {
  const { operationId, summary, description, requestBody, responses } = operation;
  const [body] = Object.values(requestBody?.content ?? {});
  const answers = Object.entries(responses);
  const good = answers.filter(([status]) => Number(status) < 400);
  const errors = answers.filter(([status]) => Number(status) >= 400);
  return (
    <article id={operationId}>
      <h3>
        <code>
          {method} {path}
        </code>{" "}
        {summary}
      </h3>
      <Prose text={description} />
      {body?.schema && (
        <p>
          Body: <TypeName schema={body.schema} />
        </p>
      )}
      {good.map(([status, { description: what, content }]) => {
        const [type, media] = Object.entries(content ?? {})[0] ?? [];
        return (
          <p key={status}>
            {status}: <Line text={what} />{" "}
            {media?.schema && type === "application/json" ? (
              <TypeName schema={media.schema} />
            ) : (
              type && <code>{type}</code>
            )}
          </p>
        );
      })}
      <Examples path={path} body={body} answers={good} />
      <details>
        <summary>Errors of {path}</summary>
        <dl>
          {errors.map(([status, { description: when, content }]) => (
            <div key={status}>
              <dt>{status}</dt>
              <dd>
                <Line text={when} />
                <ErrorExample media={content?.["application/json"]} />
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </article>
  );
}

interface ExamplesProps {
  readonly path: string;
  readonly body: MediaType | undefined;
  readonly answers: readonly [string, Operation["responses"][string]][];
}

/** Each request with its answer, as one calls it in a terminal; all but the first are folded. */
function Examples({ path, body, answers }: ExamplesProps) {
  const media = answers[0]?.[1].content?.["application/json"];
  if (body?.examples === undefined) {
    return media?.example === undefined ? null : <pre>{print(media.example)}</pre>;
  }
  return (
    <>
      {Object.entries(body.examples).map(([name, { summary, value }], at) => (
        <details key={name} open={at === 0}>
          <summary>{summary}</summary>
          <pre>{`curl ${address}${path} --json '${print(value)}'`}</pre>
          <pre>{print(media?.examples?.[name]?.value)}</pre>
        </details>
      ))}
    </>
  );
}

function ErrorExample({ media }: { readonly media: MediaType | undefined }) {
  const [first] = Object.values(media?.examples ?? {});
  return first === undefined ? null : <pre>{print(first.value)}</pre>;
}

function NamedSchema({ name, schema }: { readonly name: string; readonly schema: ShownSchema }) {
  const { description, properties = {}, required = [], enum: words } = schema;
  return (
    <article id={`schema-${name}`}>
      <h3>{name}</h3>
      {description && <Prose text={description} />}
      {words && <TypeName schema={schema} />}
      <dl>
        {Object.entries(properties).map(([field, property]) => (
          <div key={field}>
            <dt>
              <code>{field}</code> <TypeName schema={property} />
              {required.includes(field) ? "" : ", optional"}
            </dt>
            {property.description && (
              <dd>
                <Line text={property.description} />
              </dd>
            )}
          </div>
        ))}
      </dl>
    </article>
  );
}

/** What a value must be, in a few words, with a link where that has a name. */
function TypeName({ schema }: { readonly schema: ShownSchema }) {
  const { $ref, anyOf, items, type, enum: words } = schema;
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1);
    return <a href={`#schema-${name}`}>{name}</a>;
  }
  if (anyOf !== undefined) {
    return (
      <>
        {anyOf
          .filter(({ type }) => type !== "null")
          .map((choice, at) => (
            <span key={choice.$ref ?? String(choice.type)}>
              {at > 0 && " or "}
              <TypeName schema={choice} />
            </span>
          ))}
      </>
    );
  }
  if (words !== undefined) {
    return <code>{words.filter((word) => word !== null).join(" | ")}</code>;
  }
  if (items !== undefined) {
    return (
      <>
        list of <TypeName schema={items} />
      </>
    );
  }
  return <span class="type">{[type].flat().filter((one) => one !== "null")[0] ?? "null"}</span>;
}

/** Returns a value as JSON, with whatever fits into a line on one. */
function print(value: unknown): string {
  return stringify(value, { maxLength: 80 }) ?? "";
}
