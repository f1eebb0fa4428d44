import { ortEnvironment } from "../inference/ort-environment.ts";

/** Variables that the process must have before the first model is loaded. */
export const runtimeEnvironment: Readonly<Record<string, string>> = ortEnvironment;
