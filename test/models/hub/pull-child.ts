import { argv, stdout } from "node:process";
import { downloadModel } from "../../../src/models/hub/hub-download.ts";
import { readHubOptions } from "../../../src/models/hub/hub-options.ts";

const [, , home, endpoint] = argv;
const hub = await readHubOptions({ HF_HOME: home, HF_ENDPOINT: endpoint });
const { directory } = await downloadModel({ id: "owner/tiny", dtype: "auto", device: "cpu", hub });
stdout.write(directory);
