import {
  type DescEnum,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescService,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** The .proto files behind some services, to be found by path or by a name in them. */
export interface DescriptorIndex {
  /** Files by path. */
  readonly files: ReadonlyMap<string, DescFile>;
  /** Files by the full name of everything that is declared in them. */
  readonly symbols: ReadonlyMap<string, DescFile>;
  /** Returns every extension of a message. */
  extensionsOf(messageName: string): readonly DescExtension[];
}

/** Indexes the files of the services and everything that they import. */
export function createDescriptorIndex(services: readonly DescService[]): DescriptorIndex {
  const files = new Map<string, DescFile>();
  const symbols = new Map<string, DescFile>();
  const visit = (file: DescFile): void => {
    if (files.has(file.proto.name)) return;
    files.set(file.proto.name, file);
    for (const symbol of symbolsOf(file)) symbols.set(symbol, file);
    file.dependencies.forEach(visit);
  };
  for (const service of services) visit(service.file);
  return {
    files,
    symbols,
    extensionsOf: (messageName) =>
      [...files.values()]
        .flatMap((file) => [...file.extensions, ...file.messages.flatMap(nestedExtensionsOf)])
        .filter((extension) => extension.extendee.typeName === messageName),
  };
}

/**
 * Returns the serialized descriptors of a file and of everything that it imports, the file first.
 * Those in `sent` are left out, except the file itself; all are added to it.
 */
export function serializeWithImports(root: DescFile, sent: Set<string>): Uint8Array[] {
  const serialized: Uint8Array[] = [];
  const queue = [root];
  for (let file = queue.shift(); file; file = queue.shift()) {
    if (file !== root && sent.has(file.proto.name)) continue;
    sent.add(file.proto.name);
    serialized.push(toBinary(FileDescriptorProtoSchema, file.proto));
    queue.push(...file.dependencies);
  }
  return serialized;
}

function symbolsOf(file: DescFile): string[] {
  return [
    ...file.messages.flatMap(messageSymbolsOf),
    ...file.enums.flatMap(enumSymbolsOf),
    ...file.extensions.map((extension) => extension.typeName),
    ...file.services.flatMap((service) => [
      service.typeName,
      ...service.methods.map((method) => `${service.typeName}.${method.name}`),
    ]),
  ];
}

function messageSymbolsOf(message: DescMessage): string[] {
  const members = [...message.fields, ...message.oneofs];
  return [
    message.typeName,
    ...members.map((member) => `${message.typeName}.${member.name}`),
    ...message.nestedMessages.flatMap(messageSymbolsOf),
    ...message.nestedEnums.flatMap(enumSymbolsOf),
    ...message.nestedExtensions.map((extension) => extension.typeName),
  ];
}

function enumSymbolsOf(desc: DescEnum): string[] {
  // The values of an enum belong to the scope around it, as in C++.
  const scope = desc.typeName.slice(0, desc.typeName.lastIndexOf(".") + 1);
  return [desc.typeName, ...desc.values.map((value) => scope + value.name)];
}

function nestedExtensionsOf(message: DescMessage): DescExtension[] {
  return [...message.nestedExtensions, ...message.nestedMessages.flatMap(nestedExtensionsOf)];
}
