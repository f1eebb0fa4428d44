import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { startServer } from "../../start-server.ts";
import {
  collectStream,
  createForeignClient,
  type ForeignMessage,
  openStream,
} from "../grpc-js-client.ts";

const rerankFile = "rerank/v1/rerank_service.proto";

for (const version of ["v1", "v1alpha"]) {
  suite(`grpc.reflection.${version}.ServerReflection`, () => {
    test("lists every service", async (context) => {
      const { port } = await startServer(context);
      const client = createForeignClient(
        context,
        port,
        `grpc.reflection.${version}.ServerReflection`,
      );

      const [answer] = await ask(client, [{ list_services: "" }]);

      const names = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "rerank.v1.RerankService",
        "tei.v1.Info",
        "tei.v1.Rerank",
      ];
      assert.deepEqual(answer?.list_services_response, {
        service: names.map((name) => ({ name })),
      });
    });

    const symbols = [
      "rerank.v1.RerankService",
      ".rerank.v1.RerankService.Rerank",
      "rerank.v1.RerankRequest",
      "rerank.v1.RerankRequest.top_n",
      "rerank.v1.RerankStreamResponse.outcome",
    ];
    test("finds the file of text-embeddings-inference's services", async (context) => {
      const { port } = await startServer(context);
      const client = createForeignClient(
        context,
        port,
        `grpc.reflection.${version}.ServerReflection`,
      );

      const [answer] = await ask(client, [{ file_containing_symbol: "tei.v1.Rerank" }]);

      assert.equal(filesOf(answer)[0]?.name, "tei/v1/tei.proto");
    });

    for (const symbol of symbols) {
      test(`finds the file of ${symbol}`, async (context) => {
        const { port } = await startServer(context);
        const client = createForeignClient(
          context,
          port,
          `grpc.reflection.${version}.ServerReflection`,
        );

        const [answer] = await ask(client, [{ file_containing_symbol: symbol }]);

        const [file] = filesOf(answer);
        assert.equal(file?.name, rerankFile);
      });
    }

    test("gives files that make a working registry", async (context) => {
      const { port } = await startServer(context);
      const client = createForeignClient(
        context,
        port,
        `grpc.reflection.${version}.ServerReflection`,
      );

      const [answer] = await ask(client, [{ file_by_filename: rerankFile }]);

      const registry = createFileRegistry(
        create(FileDescriptorSetSchema, { file: filesOf(answer) }),
      );
      const service = registry.getService("rerank.v1.RerankService");
      assert.deepEqual(
        service?.methods.map(({ name, methodKind }) => `${name} ${methodKind}`),
        ["Rerank unary", "RerankStream bidi_streaming", "Health unary"],
      );
    });

    test("finds an enum value in the scope of its message", async (context) => {
      const { port } = await startServer(context);
      const client = createForeignClient(
        context,
        port,
        `grpc.reflection.${version}.ServerReflection`,
      );
      const symbol = "grpc.health.v1.HealthCheckResponse.SERVING";

      const [answer] = await ask(client, [{ file_containing_symbol: symbol }]);

      assert.equal(filesOf(answer)[0]?.name, "grpc/health/v1/health.proto");
    });

    test("answers what it does not know, and goes on", async (context) => {
      const { port } = await startServer(context);
      const client = createForeignClient(
        context,
        port,
        `grpc.reflection.${version}.ServerReflection`,
      );
      const notFound = 5;
      const invalidArgument = 3;

      const answers = await ask(client, [
        { file_by_filename: "no.proto" },
        { file_containing_symbol: "no.Such" },
        { file_containing_extension: { containing_type: "no.Such", extension_number: 1 } },
        { all_extension_numbers_of_type: "no.Such" },
        { host: "x" },
        { all_extension_numbers_of_type: "rerank.v1.Usage" },
      ]);

      assert.deepEqual(
        answers.map(({ error_response: error }) => (error as { error_code: number })?.error_code),
        [notFound, notFound, notFound, notFound, invalidArgument, undefined],
      );
      assert.deepEqual(answers.at(-1)?.all_extension_numbers_response, {
        base_type_name: "rerank.v1.Usage",
        extension_number: [],
      });
    });
  });
}

async function ask(
  client: Parameters<typeof openStream>[0],
  questions: readonly ForeignMessage[],
): Promise<ForeignMessage[]> {
  const stream = openStream(client, "serverReflectionInfo");
  const ended = collectStream(stream);
  for (const question of questions) stream.write(question);
  stream.end();
  const { messages, error } = await ended;
  assert.equal(error, undefined);
  return messages;
}

function filesOf(answer: ForeignMessage | undefined): FileDescriptorProto[] {
  const response = answer?.file_descriptor_response as { file_descriptor_proto: Buffer[] } | null;
  assert.ok(response);
  return response.file_descriptor_proto.map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
}
