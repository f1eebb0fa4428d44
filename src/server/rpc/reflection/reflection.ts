import type { DescFile, DescService, MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import * as v1 from "../../../../gen/grpc/reflection/v1/reflection_pb.ts";
import * as v1alpha from "../../../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { shorten } from "../../../characters.ts";
import type { RpcRouter } from "../wire/rpc-protocols.ts";
import {
  createDescriptorIndex,
  type DescriptorIndex,
  serializeWithImports,
} from "./descriptor-index.ts";

type Response = MessageInitShape<typeof v1.ServerReflectionResponseSchema>;
type Answer = NonNullable<Response["messageResponse"]>;

/** Most characters of an unknown name that an answer repeats. */
const maxEchoChars = 200;

/**
 * Registers server reflection, versions v1 and v1alpha, for the services and for itself. The two
 * versions have the same messages under two package names, so one implementation serves both.
 */
export function registerReflection(router: RpcRouter, services: readonly DescService[]): void {
  const all = [...services, v1.ServerReflection, v1alpha.ServerReflection];
  const names = all.map((service) => service.typeName).sort();
  const index = createDescriptorIndex(all);

  for (const { ServerReflection } of [v1, v1alpha]) {
    router.service(ServerReflection as typeof v1.ServerReflection, {
      async *serverReflectionInfo(requests) {
        const sent = new Set<string>();
        for await (const request of requests) {
          const messageResponse = answerOf(index, names, sent, request.messageRequest);
          yield { validHost: request.host, originalRequest: request, messageResponse };
        }
      },
    });
  }
}

function answerOf(
  index: DescriptorIndex,
  names: readonly string[],
  sent: Set<string>,
  question: v1.ServerReflectionRequest["messageRequest"],
): Answer {
  const fileAnswer = (file: DescFile | undefined, what: string): Answer => {
    if (file === undefined) return notFound(what);
    const fileDescriptorProto = serializeWithImports(file, sent);
    return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
  };
  switch (question.case) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: names.map((name) => ({ name })) } };
    case "fileByFilename":
      return fileAnswer(index.files.get(question.value), question.value);
    case "fileContainingSymbol":
      return fileAnswer(index.symbols.get(question.value.replace(/^\./, "")), question.value);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = question.value;
      const extensions = index.extensionsOf(containingType);
      const extension = extensions.find(({ number }) => number === extensionNumber);
      return fileAnswer(extension?.file, `${containingType}:${extensionNumber}`);
    }
    case "allExtensionNumbersOfType": {
      const baseTypeName = question.value;
      if (!index.symbols.has(baseTypeName)) return notFound(baseTypeName);
      const extensionNumber = index.extensionsOf(baseTypeName).map(({ number }) => number);
      return { case: "allExtensionNumbersResponse", value: { baseTypeName, extensionNumber } };
    }
    case undefined:
      return errorAnswer(Code.InvalidArgument, "`message_request` must be set");
  }
}

function notFound(what: string): Answer {
  return errorAnswer(Code.NotFound, `not found: \`${shorten(what, maxEchoChars)}\``);
}

function errorAnswer(errorCode: Code, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}
