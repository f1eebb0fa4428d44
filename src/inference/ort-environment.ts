/**
 * Variables that the MAIN thread must set in its own environment before the first worker starts.
 * The Linux build of ONNX Runtime writes a telemetry database under the home folder otherwise. A
 * worker that sets them changes only its copy.
 */
export const ortEnvironment = { ORT_DISABLE_TELEMETRY: "1" } as const satisfies Readonly<
  Record<string, string>
>;
