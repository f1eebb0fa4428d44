import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { english, type Texts } from "../text/english.ts";
import { korean } from "../text/korean.ts";

/** The languages of the page's own texts. */
export const languages = { en: "English", ko: "한국어" } as const;

/** One of them, as HTML's `lang` has it. */
export type LanguageTag = keyof typeof languages;

/** The texts and the number format of one language. */
export interface Language {
  readonly texts: Texts;
  /** Returns a number as the language writes it, with at most so many decimals. Default: none. */
  readonly number: (value: number, decimals?: number) => string;
}

/** Returns what the views need in a language. */
export function languageOf(tag: LanguageTag): Language {
  return {
    texts: tag === "ko" ? korean : english,
    number: (value, decimals = 0) =>
      value.toLocaleString(tag, { maximumFractionDigits: decimals, useGrouping: true }),
  };
}

/** Returns the language that the browser prefers. */
export function preferredLanguage(): LanguageTag {
  const [first = "en"] = navigator.languages;
  return first.toLowerCase().startsWith("ko") ? "ko" : "en";
}

export const LanguageContext = createContext(languageOf("en"));

/** Returns the language in which the view speaks. */
export function useLanguage(): Language {
  return useContext(LanguageContext);
}
