import type {
  DescEnum,
  DescField,
  DescFile,
  DescMessage,
  DescOneof,
  DescService,
} from "@bufbuild/protobuf";
import { createFileRegistry, fromBinary, ScalarType } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** What the reference says of one thing that has a name. */
interface Described {
  readonly name: string;
  /** The comment in the .proto file, as it stands there. */
  readonly comment: string;
}

/** One RPC. */
export interface MethodDoc extends Described {
  readonly path: string;
  /** What goes in and what comes out, by the names of messages, `stream` before those of streams. */
  readonly input: string;
  readonly output: string;
}

/** One field of a message, or one value of an enum. */
export interface FieldDoc extends Described {
  readonly number: number;
  /** Its type as the .proto file has it; "" for the value of an enum. */
  readonly type: string;
}

/** Fields of a message of which at most one is set. */
export interface OneofDoc extends Described {
  readonly fields: readonly FieldDoc[];
}

/** A message or an enum. */
export interface TypeDoc extends Described {
  readonly kind: "message" | "enum";
  readonly members: readonly (FieldDoc | OneofDoc)[];
}

/** A service and its RPCs. */
export interface ServiceDoc extends Described {
  readonly methods: readonly MethodDoc[];
}

/** One .proto file. */
export interface ProtoDoc {
  readonly packageName: string;
  readonly file: string;
  readonly services: readonly ServiceDoc[];
  readonly types: readonly TypeDoc[];
}

/**
 * Describes some .proto files by their comments. `descriptors` is a FileDescriptorSet with source
 * information, as `buf build` writes it. Throws if one of the files is not in it.
 */
export function describeProto(descriptors: Uint8Array, files: readonly string[]): ProtoDoc[] {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));
  return files.map((name) => {
    const file = registry.getFile(`${name}.proto`);
    if (file === undefined) throw new Error(`the descriptors do not hold ${name}`);
    return describeFile(file);
  });
}

/** Where something stands in a file: numbers of fields and places in lists, from its descriptor on. */
type Path = readonly number[];

/** Numbers of the fields of descriptors that hold others, as descriptor.proto has them. */
const inFile = { messages: 4, enums: 5, services: 6 } as const;
const inService = { methods: 2 } as const;
const inMessage = { fields: 2, messages: 3, enums: 4, oneofs: 8 } as const;
const inEnum = { values: 2 } as const;

/** Returns the comment of what stands at a path; "" where there is none. */
type CommentAt = (path: Path) => string;

function describeFile(file: DescFile): ProtoDoc {
  const comments = new Map<string, string>();
  for (const { path, leadingComments, trailingComments } of file.proto.sourceCodeInfo?.location ??
    []) {
    const lines = `${leadingComments}\n${trailingComments}`.replaceAll(/^ /gm, "");
    comments.set(path.join("."), lines.trim());
  }
  const commentAt: CommentAt = (path) => comments.get(path.join(".")) ?? "";
  return {
    packageName: file.proto.package,
    file: `${file.name}.proto`,
    services: file.services.map((service, at) =>
      describeService(service, [inFile.services, at], commentAt),
    ),
    types: [
      ...file.messages.flatMap((message, at) =>
        describeMessage(message, [inFile.messages, at], commentAt),
      ),
      ...file.enums.map((type, at) => describeEnum(type, [inFile.enums, at], commentAt)),
    ],
  };
}

function describeService(service: DescService, path: Path, commentAt: CommentAt): ServiceDoc {
  return {
    name: service.name,
    comment: commentAt(path),
    methods: service.methods.map(({ name, input, output, proto }, at) => ({
      name,
      comment: commentAt([...path, inService.methods, at]),
      path: `/${service.typeName}/${name}`,
      input: proto.clientStreaming ? `stream ${input.name}` : input.name,
      output: proto.serverStreaming ? `stream ${output.name}` : output.name,
    })),
  };
}

/** A message, and those within it. */
function describeMessage(message: DescMessage, path: Path, commentAt: CommentAt): TypeDoc[] {
  const describeField = (field: DescField): FieldDoc => ({
    name: field.name,
    number: field.number,
    type: typeOf(field),
    comment: commentAt([...path, inMessage.fields, message.fields.indexOf(field)]),
  });
  const describeOneof = (oneof: DescOneof): OneofDoc => ({
    name: oneof.name,
    comment: commentAt([...path, inMessage.oneofs, message.oneofs.indexOf(oneof)]),
    fields: oneof.fields.map(describeField),
  });
  return [
    {
      kind: "message",
      name: nameOf(message),
      comment: commentAt(path),
      members: message.members.map((member) =>
        member.kind === "oneof" ? describeOneof(member) : describeField(member),
      ),
    },
    ...message.nestedMessages.flatMap((nested, at) =>
      describeMessage(nested, [...path, inMessage.messages, at], commentAt),
    ),
    ...message.nestedEnums.map((nested, at) =>
      describeEnum(nested, [...path, inMessage.enums, at], commentAt),
    ),
  ];
}

function describeEnum(type: DescEnum, path: Path, commentAt: CommentAt): TypeDoc {
  return {
    kind: "enum",
    name: nameOf(type),
    comment: commentAt(path),
    members: type.values.map(({ name, number }, at) => ({
      name,
      number,
      type: "",
      comment: commentAt([...path, inEnum.values, at]),
    })),
  };
}

/** A type's name within its package. */
function nameOf({ typeName, file }: DescMessage | DescEnum): string {
  return typeName.slice(file.proto.package.length + 1);
}

function typeOf(field: DescField): string {
  const type = (): string => {
    if (field.message) return nameOf(field.message);
    if (field.enum) return nameOf(field.enum);
    return ScalarType[field.scalar ?? 0]?.toLowerCase() ?? "";
  };
  if (field.fieldKind === "list") return `repeated ${type()}`;
  if (field.fieldKind === "map")
    return `map of ${ScalarType[field.mapKey].toLowerCase()} to ${type()}`;
  return field.proto.proto3Optional ? `optional ${type()}` : type();
}
