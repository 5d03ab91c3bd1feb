// sha256:9880f795cde282acc1fe1c82d3c89330848d0faf4535900f7b5320aa0c3b6878
/** The JSON of the API and its webhooks. Generated from the gateway's OpenAPI document by scripts/schema.mjs. */
export interface Schemas {
  /** Who pays, and of which balance it is warned. */
  AccountEntry: {
    /** The account's id. */
    id: string;
    /** Whose it is. */
    name: string;
    /** Its plan: how much it may do at once, and in a day. */
    plan: string;
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** Below which balance it is warned; 0: never. */
    low_balance_cents: number;
  };
  /** One post: no status means no answer, and `error` says why. */
  AttemptEntry: {
    /** When it was posted. RFC 3339, UTC, milliseconds. */
    at: string;
    /** How long it took, in milliseconds. */
    duration_ms: number;
    /** The HTTP status of the answer; null: there was none. 100 to 999. */
    status: number | null;
    /** Why there was no answer. */
    error: string | null;
    /** The first characters of the answer's body. */
    answer: string | null;
  };
  /** GET /api/v1/balance: balance_cents = total_topup_cents - total_spent_cents, always. */
  Balance: {
    /** What can be spent: always `total_topup_cents - total_spent_cents`. */
    balance_cents: number;
    /** `balance_cents` in dollars, for display. */
    balance_usd: number;
    /** All top-ups. */
    total_topup_cents: number;
    /** All charges less all refunds; a generation counts from its 201 on. */
    total_spent_cents: number;
    /** Always USD. */
    currency: "USD";
  };
  /** An order took the balance below the account's threshold. Told once, until a top-up goes above it. */
  BalanceLow: {
    /** What happened; the same as `type`. */
    event: "balance.low";
    /** When it happened. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** What happened. */
    type: "balance.low";
    /** The event's id: what the header `webhook-id` says. */
    id: string;
    /** What is left. */
    balanceCents: number;
    /** The threshold that it is below now. */
    thresholdCents: number;
  };
  /** Body of PATCH /api/v1/account. */
  ChangeAccount: {
    /** Below which balance to be warned; 0: never. 0 to 100000000. */
    low_balance_cents: number;
  };
  /** Body of POST /api/v1/webhooks. No `events` means all. */
  CreateEndpoint: {
    /** Where to post: public, https, no user name, no fragment, port 80, 443 or from 1024 up. */
    url: string;
    /** Which events to post; empty or left out: all. */
    events?: ("generation.completed" | "generation.failed" | "balance.low" | "endpoint.disabled")[];
  };
  /** Body of POST /api/v1/generations. */
  CreateGeneration: {
    /**
     * Id of a model, from `GET /api/v1/models`.
     * @example local/artist
     * @example local/film
     * @example local/writer
     * @example local/enhancer
     * @example local/voice
     * @example local/band
     * @example local/enlarger
     * @example local/eye
     * @example local/refuse
     * @example local/slow
     * @example black-forest-labs/flux-schnell
     * @example pollinations/flux
     * @example luma/photon-flash-1
     * @example luma/photon-1
     * @example google/nano-banana
     * @example stability/core
     * @example black-forest-labs/flux-dev
     * @example google/nano-banana-2-pro-1k
     * @example openai/gpt-image-2
     * @example runway/gen4-image-720p
     * @example stability/ultra
     * @example google/nano-banana-pro-2k
     * @example elevenlabs/seedream-5-pro
     * @example google/nano-banana-edit
     * @example black-forest-labs/flux-kontext-pro
     * @example openai/gpt-image-2-edit
     * @example nightmareai/real-esrgan
     * @example stability/fast-upscale
     * @example recraft/crisp-upscale
     * @example topaz/image-upscale
     * @example stability/conservative-upscale
     * @example luma/ray-flash-2-5s
     * @example kwaivgi/kling-2.5-turbo-5s
     * @example luma/ray-2-5s
     * @example kwaivgi/kling-3.0-5s
     * @example google/veo-3.1-fast
     * @example runway/gen-4.5-5s
     * @example google/veo-3.1-8s
     * @example hexgrad/kokoro
     * @example openai/gpt-4o-mini-tts
     * @example pollinations/voice
     * @example elevenlabs/multilingual-2-by-kie
     * @example elevenlabs/flash-2.5
     * @example runway/multilingual-2
     * @example meta/musicgen
     * @example suno/v5
     * @example stability/stable-audio-2.5
     * @example elevenlabs/music-2.5-30s
     * @example meta/llama-3.3-70b
     * @example qwen/qwen3-32b
     * @example pollinations/openai
     * @example openai/gpt-5-mini
     * @example anthropic/claude-haiku-4.5
     * @example own/text
     * @example meta/llama-3.3-70b-enhance
     * @example qwen/qwen3-32b-enhance
     * @example openai/gpt-5-mini-enhance
     * @example own/enhance
     * @example openai/gpt-5-mini-interrogate
     * @example meta/llama-4-scout-interrogate
     * @example qwen/qwen2.5-vl-7b-interrogate
     * @example pharmapsychotic/clip-interrogator
     */
    model: string;
    /** What to make. */
    prompt: string;
    /** What the model takes besides: see the fields of each model. */
    input?: Schemas["Input"] | null;
  };
  /** Body of POST /api/v1/keys. */
  CreateKey: {
    /** Whose prefix it gets: `wf_live_` or `wok_`. */
    kind?: "wokgen" | "wowflow";
  };
  /** What became of an event at an endpoint. `state` is pending, delivered or dead. */
  DeliveryEntry: {
    /** The delivery's id. */
    id: string;
    /** The event's id: what the header `webhook-id` says. */
    event: string;
    /**
     * What happened.
     * @example generation.completed
     */
    type: string;
    /** The generation that ended; null: the event is of something else. */
    generation_id: string | null;
    /** `dead` is given up. */
    state: "pending" | "delivered" | "dead";
    /** When the event happened. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** Every post so far, the first one first. */
    attempts: Schemas["AttemptEntry"][];
  };
  /** Another endpoint of the account was switched off: it answered 410, or every attempt failed for five days. */
  EndpointDisabled: {
    /** What happened; the same as `type`. */
    event: "endpoint.disabled";
    /** When it happened. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** What happened. */
    type: "endpoint.disabled";
    /** The event's id: what the header `webhook-id` says. */
    id: string;
    /** The endpoint that was switched off. */
    endpointId: string;
    /** Where its events were posted. */
    url: string;
    /** Why, for people. */
    reason: string;
    /** Since when nothing was delivered there. RFC 3339, UTC, milliseconds. */
    failingSince: string;
  };
  /** An endpoint; its secret is shown once, when it is created or replaced. */
  EndpointEntry: {
    /** The endpoint's id. */
    id: string;
    /** Where events are posted. */
    url: string;
    /** Which events are posted. */
    events: string[];
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** Signs what is posted. Shown once, when it is made. */
    secret?: string;
    /** Until when the secret before signs too. RFC 3339, UTC, milliseconds. */
    old_secret_until?: string;
    /** Since when every attempt failed, if they do. RFC 3339, UTC, milliseconds. */
    failing_since?: string;
    /** When it was switched off, if it was. RFC 3339, UTC, milliseconds. */
    disabled_at?: string;
    /** Why it was switched off. */
    disabled_why?: string;
  };
  /** Every input field of kind `enhance`; a catalogue entry names the fields of its model. */
  EnhanceInput: {
    /** A mode by its name; a known one styles the prompt. */
    mode?: string | null;
    /** How many. 1 to 5. */
    count?: number | null;
    /** The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
  };
  /** Better prompts; `enhanced` is the first of `variations`. */
  EnhanceJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "enhance";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The better prompt: the first of `variations`. */
    enhanced?: string;
    /** All better prompts. */
    variations?: string[];
  };
  /** POST /api/prompt/enhance. */
  EnhanceRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** What to make better. */
    prompt: string;
    /** What it is for, such as `pixel`; a known mode styles the prompt. */
    mode?: string | null;
    /** How many to give. 1 to 5. */
    count?: number | null;
    /** Any integer. The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
  };
  /** A generation is done; its result can be fetched. */
  GenerationCompleted: {
    /** What happened; the same as `type`. */
    event: "generation.completed";
    /** What happened. */
    type: "generation.completed";
    /** How it ended. */
    status: "completed";
    /** The generation's id as the camelCase API writes it. */
    jobId: string;
    /** Of an image: the first result, or null after a failure. */
    imageUrl?: string | null;
    /** Of a video: the first result, or null after a failure. */
    videoUrl?: string | null;
    /** Of a voice or music: the first result, or null after a failure. */
    audioUrl?: string | null;
    /** Of a text: the result, or null after a failure. */
    text?: string | null;
    /** The prompt as it was sent. */
    prompt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The generation's id. */
    id: string;
    /**
     * What is made: one of the kinds of model.
     * @example image
     * @example video
     * @example text
     * @example voice
     * @example music
     * @example upscale
     * @example interrogate
     * @example enhance
     */
    kind: string;
    /** Id of the model that was asked for. */
    model: string;
    /** Who made it; null: nobody did. */
    provider: string | null;
    /** All results. */
    urls: string[];
    /** What was charged. */
    costCents: number;
    /** What was given back. */
    refundedCents: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    completedAt: string;
    /** There, and true, when the body would be too long: read the whole by `id`. */
    truncated?: true;
  };
  /** A generation. `status` is processing, completed or failed; `stage` says more while it is processing. */
  GenerationEntry: {
    /** The generation's id. */
    id: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** Id of the model that was asked for. */
    model: string;
    /** The price while it is processing; what was charged once it has ended: 0 after a refund. */
    cost_cents: number;
    /** `cost_cents` in dollars, for display. */
    cost_usd: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /**
     * What is made: one of the kinds of model.
     * @example image
     * @example video
     * @example text
     * @example voice
     * @example music
     * @example upscale
     * @example interrogate
     * @example enhance
     */
    type: string;
    /** Who makes it. */
    provider: string;
    /**
     * Where it is, in more detail than `status`; there may be more words for it one day.
     * @example backlog
     * @example queued
     * @example submitting
     * @example pending
     * @example uncertain
     * @example completed
     * @example failed
     */
    stage: string;
    /** What was given back. */
    refunded_cents: number;
    /** How many are before it, while it waits. */
    queue_position?: number;
    /** The first result. */
    result_url?: string;
    /** All results. */
    result_urls?: string[];
    /** The result of a kind whose result is text. */
    result_text?: string;
    /** When the results are deleted here. RFC 3339, UTC, milliseconds. */
    expires_at?: string;
    /** When its provider deletes a result that could not be copied here: fetch it before. Absent otherwise. RFC 3339, UTC, milliseconds. */
    result_expires_at?: string;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completed_at?: string;
    /** What the provider finished after the refund; not charged. */
    late_urls?: string[];
    /** Why it failed, for people. */
    error?: string;
    /** Why it failed, for programs. */
    error_code?: string;
  };
  /** A generation failed and was refunded. */
  GenerationFailed: {
    /** What happened; the same as `type`. */
    event: "generation.failed";
    /** What happened. */
    type: "generation.failed";
    /** How it ended. */
    status: "failed";
    /** Why it failed, for people. */
    error: string | null;
    /** Why it failed, for programs. */
    errorCode: string | null;
    /** The generation's id as the camelCase API writes it. */
    jobId: string;
    /** Of an image: the first result, or null after a failure. */
    imageUrl?: string | null;
    /** Of a video: the first result, or null after a failure. */
    videoUrl?: string | null;
    /** Of a voice or music: the first result, or null after a failure. */
    audioUrl?: string | null;
    /** Of a text: the result, or null after a failure. */
    text?: string | null;
    /** The prompt as it was sent. */
    prompt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The generation's id. */
    id: string;
    /**
     * What is made: one of the kinds of model.
     * @example image
     * @example video
     * @example text
     * @example voice
     * @example music
     * @example upscale
     * @example interrogate
     * @example enhance
     */
    kind: string;
    /** Id of the model that was asked for. */
    model: string;
    /** Who made it; null: nobody did. */
    provider: string | null;
    /** All results. */
    urls: string[];
    /** What was charged. */
    costCents: number;
    /** What was given back. */
    refundedCents: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    completedAt: string;
    /** There, and true, when the body would be too long: read the whole by `id`. */
    truncated?: true;
  };
  /** Every input field of kind `image`; a catalogue entry names the fields of its model. */
  ImageInput: {
    /** Pixels. 64 to 2048. */
    width?: number | null;
    /** Pixels. 64 to 2048. */
    height?: number | null;
    /** The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
    /** What should not be there. */
    negative_prompt?: string | null;
    /** `auto`, or a ratio such as `16:9`. */
    aspect_ratio?: string | null;
    /** A style by its name. */
    style?: string | null;
    /** Pictures to work from: https URLs, or data URLs as far as the body's limit goes. */
    image_urls?: string[] | null;
    /** How many. 1 to 4. */
    count?: number | null;
    /** How much effort to take. */
    quality?: ("hd" | "standard") | null;
    /** A mode by its name; a known one styles the prompt. */
    mode?: string | null;
    /** A tool by its name. */
    tool?: string | null;
  };
  /** A picture. */
  ImageJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "image";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The first picture. */
    imageUrl?: string;
    /** All pictures. */
    imageUrls?: string[];
    /** Pixels; null: not known. */
    width?: number | null;
    /** Pixels; null: not known. */
    height?: number | null;
    /** What it was drawn with; sent again with the same prompt and size, it draws the same. */
    seed?: number;
  };
  /** POST /api/generate: a picture. */
  ImageRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** What to draw. */
    prompt: string;
    /** What it is for, such as `pixel`; a known mode styles the prompt. */
    mode?: string | null;
    /** A tool by its name. */
    tool?: string | null;
    /** Pixels. 64 to 2048. */
    width?: number | null;
    /** Pixels. 64 to 2048. */
    height?: number | null;
    /** Any integer. The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
    /** How much effort to take. */
    quality?: ("hd" | "standard") | null;
    /** What should not be there. */
    negativePrompt?: string | null;
  };
  /** What a model takes besides the prompt. Which of the fields, and within which limits, depends on the model: see Models. A field that is null counts as absent. */
  Input:
    | Schemas["ImageInput"]
    | Schemas["VideoInput"]
    | Schemas["TextInput"]
    | Schemas["VoiceInput"]
    | Schemas["MusicInput"]
    | Schemas["UpscaleInput"]
    | Schemas["InterrogateInput"]
    | Schemas["EnhanceInput"];
  /** Every input field of kind `interrogate`; a catalogue entry names the fields of its model. */
  InterrogateInput: {
    /** A picture to work from: an https URL, or a data URL as far as the body's limit goes. */
    image_url?: string | null;
  };
  /** Words for a picture; `prompt` is made of them. */
  InterrogateJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "interrogate";
    /** Words that could have made the picture; empty until it is completed. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The picture in a sentence. */
    caption?: string;
    /** The picture in single words. */
    tags?: string[];
  };
  /** POST /api/tools/interrogate. */
  InterrogateRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** The picture: an https URL, a data: URL with PNG, JPEG, WebP or GIF in base64, or the URL of one of our own. */
    imageUrl: string;
  };
  /** An active key; the key itself is shown once, when it is made. */
  KeyEntry: {
    /** The key's id. */
    id: string;
    /** Whose prefix it has. */
    kind: "wowflow" | "wokgen";
    /** Its prefix and its last four characters. */
    hint: string;
    /** When it was made. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The key. Shown once, in the answer that makes it. */
    key?: string;
  };
  /** One entry of GET /api/v1/models. */
  ModelEntry: {
    /** What to send as `model`. */
    id: string;
    /** For people. */
    name: string;
    /**
     * What is made: one of the kinds of model.
     * @example image
     * @example video
     * @example text
     * @example voice
     * @example music
     * @example upscale
     * @example interrogate
     * @example enhance
     */
    type: string;
    /** What one generation costs. */
    price_cents: number;
    /** `price_cents` in dollars, for display. */
    price_usd: number;
    /** Of the output, such as `1K`. */
    resolution: string | null;
    /** Of the output, in seconds. */
    duration_sec: number | null;
  };
  /** Every input field of kind `music`; a catalogue entry names the fields of its model. */
  MusicInput: {
    /** How long it is. 1 to 300. */
    seconds?: number | null;
    /** How closely the words are followed. 0 to 20. */
    guidance?: number | null;
    /** Of the file. */
    format?: ("mp3" | "wav") | null;
    /** The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
  };
  /** Music. */
  MusicJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "music";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The sound. */
    audioUrl?: string;
    /**
     * Of the file.
     * @example wav
     * @example mp3
     */
    format?: string;
    /** How long it is, in seconds; null: not known. */
    duration?: number | null;
  };
  /** POST /api/music/generate. */
  MusicRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** What to play. */
    prompt: string;
    /** Seconds. 1 to 300. */
    duration?: number | null;
    /** How closely the words are followed. 0 to 20. */
    guidance?: number | null;
    /** Of the file. */
    format?: ("mp3" | "wav") | null;
    /** Any integer. The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
  };
  /** Body of POST /api/v1/webhooks/{id}/replay. */
  ReplayEvents: {
    /** What happened from then on. */
    since: string;
    /** `failed`: given up. `missing`: never posted there. */
    which: "failed" | "missing";
    /** Where to go on: what the last answer said. */
    next?: number;
  };
  /** Every input field of kind `text`; a catalogue entry names the fields of its model. */
  TextInput: {
    /** What kind of text, such as `product-desc`. */
    type?: string | null;
    /** How it sounds, such as `professional`. */
    tone?: string | null;
    /** How long it is. */
    length?: ("long" | "medium" | "short") | null;
    /** How many words at most. 1 to 4000. */
    words_max?: number | null;
    /** The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
  };
  /** A text. */
  TextJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "text";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The text. */
    content?: string;
    /** How many words it has. */
    wordCount?: number;
    /** How many characters it has. */
    charCount?: number;
  };
  /** POST /api/text/generate. */
  TextRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** What to write. */
    prompt: string;
    /** What kind of text, such as `product-desc`. */
    type?: string | null;
    /** How it sounds, such as `professional`. */
    tone?: string | null;
    /** How long it is. */
    length?: ("long" | "medium" | "short") | null;
    /** Any integer. The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
    /** A preference for a model. */
    model?: string | null;
  };
  /** One movement of money; the amount is signed. `type` is topup, spend or refund. */
  Transaction: {
    /** What kind of movement it is. */
    type: "topup" | "spend" | "refund";
    /** Signed: what a generation costs is negative. */
    amount_cents: number;
    /** `amount_cents` in dollars, for display. */
    amount_usd: number;
    /** When it was booked. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The generation of a spend or refund. */
    generation_id: string | null;
    /** The reference of a top-up. */
    reference: string | null;
  };
  /** Every input field of kind `upscale`; a catalogue entry names the fields of its model. */
  UpscaleInput: {
    /** A picture to work from: an https URL, or a data URL as far as the body's limit goes. */
    image_url?: string | null;
    /** How many times larger. */
    scale?: (2 | 4) | null;
    /** A preference for how it is done, such as `real-esrgan`. */
    engine?: string | null;
  };
  /** A larger picture. */
  UpscaleJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "upscale";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The larger picture. */
    imageUrl?: string;
    /** Pixels; null: not known. */
    width?: number | null;
    /** Pixels; null: not known. */
    height?: number | null;
    /** Of the picture that was sent, in pixels; null: not known. */
    originalWidth?: number | null;
    /** Of the picture that was sent, in pixels; null: not known. */
    originalHeight?: number | null;
    /** How many times larger; null: not known. */
    scale?: number | null;
  };
  /** POST /api/tools/upscale. */
  UpscaleRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** The picture: an https URL, a data: URL with PNG, JPEG, WebP or GIF in base64, or the URL of one of our own. */
    imageUrl: string;
    /** How many times larger. */
    scale?: (2 | 4) | null;
    /** A preference for how it is done, such as `real-esrgan`. */
    model?: string | null;
  };
  /** Every input field of kind `video`; a catalogue entry names the fields of its model. */
  VideoInput: {
    /** Pixels. 64 to 1920. */
    width?: number | null;
    /** Pixels. 64 to 1920. */
    height?: number | null;
    /** How long it is. 1 to 30. */
    seconds?: number | null;
    /** Frames a second. 1 to 60. */
    fps?: number | null;
    /** The same seed, prompt and size give the same result where the provider can. */
    seed?: number | null;
    /** What should not be there. */
    negative_prompt?: string | null;
    /** A picture to work from: an https URL, or a data URL as far as the body's limit goes. */
    image_url?: string | null;
    /** `auto`, or a ratio such as `16:9`. */
    aspect_ratio?: string | null;
  };
  /** A film. */
  VideoJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "video";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The film. */
    videoUrl?: string;
    /** How long it is, in milliseconds; null: not known. */
    durationMs?: number | null;
  };
  /** Every input field of kind `voice`; a catalogue entry names the fields of its model. */
  VoiceInput: {
    /** A voice by its name. */
    voice_id?: string | null;
    /** 1 is the voice's own. 0.25 to 4. */
    speed?: number | null;
    /** Of the file. */
    format?: ("mp3" | "wav") | null;
    /** Such as `en` or `de`. */
    language?: string | null;
  };
  /** Speech. */
  VoiceJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** Only ever one of the three. */
    status: "processing" | "completed" | "failed";
    /** What is made. */
    kind: "voice";
    /** As it was sent. */
    prompt: string;
    /** Who makes it, which may be another than was preferred. */
    provider: string;
    /** Id of the model that makes it. */
    model: string;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** How many are before it, while it waits. */
    queuePosition?: number;
    /** When it ended, either way. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** Why it failed, for people. */
    error?: string;
    /**
     * Why it failed, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** What the provider finished after it had failed here. */
    lateUrls?: string[];
    /** When its provider deletes a result that could not be copied here. Absent otherwise. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** The sound. */
    audioUrl?: string;
    /**
     * Of the file.
     * @example wav
     * @example mp3
     */
    format?: string;
    /** How long it is, in milliseconds; null: not known. */
    durationMs?: number | null;
    /** The voice that was asked for. */
    voiceId?: string;
  };
  /** POST /api/voice/generate. */
  VoiceRequest: {
    /** A preference: `auto`, or the name of a provider. One that cannot serve is replaced. */
    provider?: string | null;
    /** Answer at once, without waiting for the result. */
    async?: boolean | null;
    /** What is said. */
    text: string;
    /** A voice by its name. */
    voiceId?: string | null;
    /** 1 is the voice's own. 0.25 to 4. */
    speed?: number | null;
    /** Of the file. */
    format?: ("mp3" | "wav") | null;
    /** Such as `en` or `de`. */
    language?: string | null;
  };
}
