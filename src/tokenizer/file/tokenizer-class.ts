/** The settings that a tokenizer class of `transformers` 4 adds to a tokenizer.json. */
export interface TokenizerClass {
  /**
   * Settings of a `BertNormalizer` that the class sets, by the names of tokenizer_config.json, with
   * their values where that file has none; absent where the class leaves the normalizer alone.
   */
  readonly normalizer?: NormalizerDefaults;
  /** Whether the class writes the pair template itself, and with which tokens. */
  readonly endTokens?: EndTokenDefaults;
  /** Whether token types are among the model's inputs where the files do not say. */
  readonly hasTypeIds: boolean;
  /** Special tokens where the files name none. */
  readonly specialTokens: readonly string[];
  /** Whether the mask takes the space before it along, where the files only name it. */
  readonly maskTakesSpace?: boolean;
}

/** Defaults of a normalizer's settings; one that is absent is left as tokenizer.json has it. */
export interface NormalizerDefaults {
  readonly do_lower_case: boolean;
  readonly strip_accents: null;
  readonly tokenize_chinese_chars?: boolean;
}

/** Tokens before and after a text, and whether they are there. */
export interface EndTokenDefaults {
  readonly bos_token: string;
  readonly eos_token: string;
  readonly add_bos_token: boolean;
  readonly add_eos_token: boolean;
}

const bertTokens = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"];
const robertaTokens = ["<s>", "</s>", "<unk>", "<pad>", "<mask>"];
const plain: TokenizerClass = { hasTypeIds: true, specialTokens: [] };
const bert: TokenizerClass = {
  normalizer: { do_lower_case: true, strip_accents: null, tokenize_chinese_chars: true },
  hasTypeIds: true,
  specialTokens: bertTokens,
};
const withoutTypeIds: TokenizerClass = { hasTypeIds: false, specialTokens: [] };
const roberta: TokenizerClass = {
  hasTypeIds: false,
  specialTokens: robertaTokens,
  maskTakesSpace: true,
};
const llama: TokenizerClass = {
  endTokens: { bos_token: "<s>", eos_token: "</s>", add_bos_token: true, add_eos_token: false },
  hasTypeIds: false,
  specialTokens: [],
};

const classes: Readonly<Record<string, TokenizerClass>> = {
  Bart: roberta,
  Barthez: roberta,
  Bert: bert,
  BigBird: withoutTypeIds,
  Bloom: withoutTypeIds,
  Camembert: roberta,
  CodeLlama: llama,
  Cohere: {
    endTokens: {
      bos_token: "<BOS_TOKEN>",
      eos_token: "<|END_OF_TURN_TOKEN|>",
      add_bos_token: true,
      add_eos_token: false,
    },
    hasTypeIds: false,
    specialTokens: [],
  },
  ConvBert: bert,
  DPRQuestionEncoder: bert,
  DPRReader: bert,
  Deberta: { hasTypeIds: true, specialTokens: bertTokens },
  DebertaV2: { hasTypeIds: true, specialTokens: bertTokens },
  DistilBert: { ...bert, hasTypeIds: false },
  Electra: bert,
  Funnel: bert,
  GPT2: withoutTypeIds,
  GPTNeoX: {
    endTokens: {
      bos_token: "<|endoftext|>",
      eos_token: "<|endoftext|>",
      add_bos_token: false,
      add_eos_token: false,
    },
    hasTypeIds: false,
    specialTokens: [],
  },
  Gemma: {
    endTokens: {
      bos_token: "<bos>",
      eos_token: "<eos>",
      add_bos_token: true,
      add_eos_token: false,
    },
    hasTypeIds: false,
    specialTokens: [],
  },
  LayoutLM: bert,
  Llama: llama,
  Longformer: roberta,
  Lxmert: bert,
  MBart: roberta,
  MPNet: {
    ...roberta,
    normalizer: { do_lower_case: true, strip_accents: null },
  },
  MobileBert: bert,
  Qwen2: withoutTypeIds,
  Roberta: roberta,
  SqueezeBert: bert,
  T5: withoutTypeIds,
  XLMRoberta: roberta,
};

/** The class that `transformers` takes for a model type where no file names one. */
const classOfType: Readonly<Record<string, string>> = {
  bart: "Bart",
  bert: "Bert",
  camembert: "Camembert",
  cohere: "Cohere",
  convbert: "ConvBert",
  "data2vec-text": "Roberta",
  deberta: "Deberta",
  "deberta-v2": "DebertaV2",
  distilbert: "DistilBert",
  electra: "Electra",
  ernie: "Bert",
  gemma: "Gemma",
  gemma2: "Gemma",
  gemma3_text: "Gemma",
  gpt_neox: "GPTNeoX",
  ibert: "Roberta",
  llama: "Llama",
  longformer: "Longformer",
  "megatron-bert": "Bert",
  mistral: "Llama",
  mobilebert: "MobileBert",
  mpnet: "MPNet",
  nezha: "Bert",
  qwen2: "Qwen2",
  qwen3: "Qwen2",
  roberta: "Roberta",
  "roberta-prelayernorm": "Roberta",
  squeezebert: "SqueezeBert",
  "xlm-roberta": "XLMRoberta",
  "xlm-roberta-xl": "XLMRoberta",
  xmod: "XLMRoberta",
};

/**
 * Returns the class of a tokenizer by its name in tokenizer_config.json or config.json, else by the
 * model's type. One that is not known changes nothing, as `PreTrainedTokenizerFast` does not.
 */
export function tokenizerClassOf(name: unknown, modelType: string): TokenizerClass {
  const known = Object.hasOwn(classOfType, modelType) ? classOfType[modelType] : undefined;
  const className = typeof name === "string" && name !== "" ? name : (known ?? "");
  const bare = className.replace(/(Tokenizer)?(Fast)?$/, "");
  return (Object.hasOwn(classes, bare) ? classes[bare] : undefined) ?? plain;
}
