import type { Schemas } from "../schema.ts";

/** Body of `POST /api/generate`. */
export type GenerateInput = Schemas["ImageRequest"];

/** Body of `POST /api/text/generate`. */
export type TextInput = Schemas["TextRequest"];

/** Body of `POST /api/voice/generate`. */
export type VoiceInput = Schemas["VoiceRequest"];

/** Body of `POST /api/music/generate`. */
export type MusicInput = Schemas["MusicRequest"];

/** Body of `POST /api/tools/upscale`. */
export type UpscaleInput = Schemas["UpscaleRequest"];

/** Body of `POST /api/tools/interrogate`. */
export type InterrogateInput = Schemas["InterrogateRequest"];

/** Body of `POST /api/prompt/enhance`. */
export type EnhanceInput = Schemas["EnhanceRequest"];
