import type { FieldDoc, MethodDoc, OneofDoc, ProtoDoc, TypeDoc } from "../describe-proto.ts";
import { Line, Page, type PageLink, Prose } from "./prose.tsx";

const about =
  "The services on the same port, over gRPC, gRPC-Web and Connect, from the comments of their .proto files. The files are in the package, and `grpcurl` finds the services by reflection where `--reflection` serves it.";

/** The page about the gRPC contract: everything that the comments of the .proto files say. */
export function GrpcReference({ files }: { readonly files: readonly ProtoDoc[] }) {
  return (
    <Page
      title="The gRPC contract"
      about={about}
      links={files.flatMap(linksOf)}
      other={{ href: "/docs", text: "HTTP" }}
    >
      {files.map((file) => (
        <File key={file.file} file={file} />
      ))}
    </Page>
  );
}

/** Links to the package of a file, its services and its types. */
function linksOf({ packageName, services, types }: ProtoDoc): PageLink[] {
  return [
    { href: `#${packageName}`, text: packageName },
    ...[...services, ...types].map(({ name }) => ({
      href: `#${packageName}.${name}`,
      text: name,
      isInner: true,
    })),
  ];
}

function File({ file }: { readonly file: ProtoDoc }) {
  const { packageName, services, types } = file;
  const names = types.map(({ name }) => name);
  return (
    <section>
      <h2 id={packageName}>{packageName}</h2>
      <p class="hint">{file.file}</p>
      {services.map(({ name, comment, methods }) => (
        <article key={name} id={`${packageName}.${name}`}>
          <h3>service {name}</h3>
          <Prose text={comment} />
          {methods.map((method) => (
            <Method key={method.path} method={method} packageName={packageName} names={names} />
          ))}
        </article>
      ))}
      {types.map((type) => (
        <Type key={type.name} type={type} packageName={packageName} names={names} />
      ))}
    </section>
  );
}

/** What is needed to link the types of a package. */
interface Linked {
  readonly packageName: string;
  /** The types that have a place on the page. */
  readonly names: readonly string[];
}

function Method({ method, packageName, names }: Linked & { readonly method: MethodDoc }) {
  const { path, name, comment, input, output } = method;
  return (
    <div class="method" id={path.slice(1).replace("/", ".")}>
      <h4>
        {name}(<TypeLink type={input} packageName={packageName} names={names} />) returns (
        <TypeLink type={output} packageName={packageName} names={names} />)
      </h4>
      <p class="hint">{path}</p>
      <Prose text={comment} />
    </div>
  );
}

function Type({ type, packageName, names }: Linked & { readonly type: TypeDoc }) {
  const { kind, name, comment, members } = type;
  return (
    <article id={`${packageName}.${name}`}>
      <h3>
        {kind} {name}
      </h3>
      <Prose text={comment} />
      <Members members={members} packageName={packageName} names={names} />
    </article>
  );
}

function Members({
  members,
  packageName,
  names,
}: Linked & { readonly members: readonly (FieldDoc | OneofDoc)[] }) {
  return (
    <dl>
      {members.map((member) => (
        <div key={member.name}>
          <dt>
            {"fields" in member ? (
              <>
                oneof <code>{member.name}</code>
              </>
            ) : (
              <>
                <code>{member.name}</code>{" "}
                <TypeLink type={member.type} packageName={packageName} names={names} /> ={" "}
                {member.number}
              </>
            )}
          </dt>
          <dd>
            <Prose text={member.comment} />
            {"fields" in member && (
              <Members members={member.fields} packageName={packageName} names={names} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A type as the .proto file has it, with a link where it stands on the page. */
function TypeLink({ type, packageName, names }: Linked & { readonly type: string }) {
  const known = type.split(/[ ,]+/).find((word) => names.includes(word));
  if (known === undefined) return <Line text={type} />;
  const [before = "", after = ""] = type.split(known);
  return (
    <>
      {before}
      <a href={`#${packageName}.${known}`}>{known}</a>
      <Line text={after} />
    </>
  );
}
