// sha256:09138639c92eb6c205384d3e0e7a494c68df99422a4c113b3bf4d4a17d7a4fd8
/** The JSON of the API and its webhooks. Generated from the gateway's OpenAPI document by scripts/schema.mjs. */
export interface Schemas {
  /** An account, and its low-balance alert. */
  AccountEntry: {
    /** The account's id. */
    id: string;
    /** The owner's name. */
    name: string;
    /** The plan: how much the account can run at once, and in a day. */
    plan: string;
    /** `suspended`: orders are refused. */
    state: "active" | "suspended" | "closed";
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The low-balance threshold. 0: no alert. */
    low_balance_cents: number;
    /** The caps of all its orders together. Null: none. */
    spend_caps?: Schemas["SpendCapsBody"] | null;
  };
  /** An attempt to post. Without a response `status` is null and `error` has the reason. */
  AttemptEntry: {
    /** When it was posted. RFC 3339, UTC, milliseconds. */
    at: string;
    /** How long it took, in milliseconds. */
    duration_ms: number;
    /** The HTTP status of the response. Null without a response. 100 to 999. */
    status: number | null;
    /** The reason for a missing response. */
    error: string | null;
    /** The first characters of the response's body. */
    answer: string | null;
  };
  /** GET /api/v1/balance: balance_cents = total_topup_cents - total_spent_cents, always. */
  Balance: {
    /** The balance you can spend, always `total_topup_cents - total_spent_cents`. It is negative after a dispute of a payment whose money was spent: orders are refused then. */
    balance_cents: number;
    /** `balance_cents` in dollars, for display. */
    balance_usd: number;
    /** All top-ups, less what refunds and disputes of payments took back. */
    total_topup_cents: number;
    /** All charges minus all refunds, rounded up. A generation counts as soon as it is accepted. */
    total_spent_cents: number;
    /** The exact balance, in millionths of a dollar. */
    balance_micros: number;
    /** The exact sum of all top-ups. */
    total_topup_micros: number;
    /** The exact sum of all charges minus all refunds. */
    total_spent_micros: number;
    /** Always USD. */
    currency: "USD";
  };
  /** A charge took the balance below the threshold. Posted once, until a top-up raises the balance above it. */
  BalanceLow: {
    /** The type of the event, the same as `type`. */
    event: "balance.low";
    /** When it happened. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The type of the event. */
    type: "balance.low";
    /** The event's id, as in the header `webhook-id`. */
    id: string;
    /** The balance. */
    balanceCents: number;
    /** The threshold that the balance fell below. */
    thresholdCents: number;
    /** The exact balance, in millionths of a dollar. */
    balanceMicros: number;
  };
  /** Body of PATCH /api/v1/account. Fields that are left out stay. */
  ChangeAccount: {
    /** The low-balance threshold. 0: no alert. 0 to 100000000. */
    low_balance_cents?: number;
    /** The caps of all its orders together. Null: none. */
    spend_caps?: Schemas["SpendCapsBody"] | null;
    /** Whether these caps begin to count from zero. */
    reset_spent?: boolean;
  };
  /** A message of a conversation. */
  ChatMessage: {
    /** The author. */
    role: "assistant" | "system" | "user";
    /** Its text. */
    content: string;
  };
  /** Body of POST /api/v1/webhooks. No `events` means all. */
  CreateEndpoint: {
    /** The URL to post events to: public, https, without user name and fragment, on port 80, 443 or from 1024. */
    url: string;
    /** The events to post. All, if empty or left out. */
    events?: (
      | "generation.completed"
      | "generation.failed"
      | "balance.low"
      | "endpoint.disabled"
      | "key.created"
      | "key.changed"
      | "key.rotated"
      | "key.revoked"
      | "endpoint.created"
      | "endpoint.deleted"
      | "endpoint.enabled"
      | "endpoint.rotated"
    )[];
  };
  /** Body of POST /api/v1/generations. Any other field is refused, because it would have no effect. */
  CreateGeneration: {
    /**
     * The id of a model from `GET /api/v1/models`.
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
     * @example tongyi/z-image
     * @example google/nano-banana
     * @example qwen/qwen-image
     * @example google/nano-banana-2-lite
     * @example xai/grok-imagine-image
     * @example xai/grok-imagine-image-2
     * @example google/nano-banana-2.1
     * @example bytedance/seedream-4
     * @example bytedance/seedream-4.5
     * @example bytedance/seedream-5-lite
     * @example stability/core
     * @example black-forest-labs/flux-2-pro
     * @example bytedance/seedream-5-pro
     * @example qwen/qwen-image-2
     * @example qwen/qwen-image-3-pro
     * @example ideogram/v3
     * @example black-forest-labs/flux-dev
     * @example stability/sd3.5-medium
     * @example stability/sd3.5-large-turbo
     * @example stability/sd3.5-large
     * @example openai/gpt-image-2.5-flare
     * @example openai/gpt-image-2.5-sunburst
     * @example openai/gpt-image-1.5
     * @example luma/uni-1
     * @example google/nano-banana-2
     * @example google/nano-banana-2-pro-1k
     * @example black-forest-labs/flux-2-flex
     * @example alibaba/wan-2.7-image
     * @example alibaba/wan-2.7-image-pro
     * @example openai/gpt-image-2
     * @example openai/gpt-image-2-by-kie
     * @example openai/gpt-image-2-transparent
     * @example stability/ultra
     * @example google/nano-banana-pro
     * @example luma/uni-1-max
     * @example google/nano-banana-edit
     * @example black-forest-labs/flux-kontext-pro
     * @example black-forest-labs/flux-kontext-pro-by-kie
     * @example black-forest-labs/flux-kontext-max
     * @example qwen/qwen-image-edit
     * @example qwen/qwen-image-2-edit
     * @example openai/gpt-image-2-edit
     * @example runway/seedream-5-flash
     * @example runway/gen4-image-720p
     * @example runway/gen4-image-turbo
     * @example runway/gemini-2.5-flash
     * @example runway/gemini-3.1-flash-lite
     * @example runway/gemini-3.1-flash
     * @example runway/nano-banana-2.1
     * @example runway/gemini-3-pro
     * @example runway/gpt-image-2
     * @example runway/gpt-image-2.5-flare
     * @example runway/gpt-image-2.5-sunburst
     * @example runway/seedream-5-lite
     * @example runway/seedream-5-pro
     * @example runway/grok-imagine-image-2
     * @example runway/muse-image
     * @example runway/ideogram-4
     * @example runway/ideogram-4.5
     * @example runway/recraft-4.1-flash
     * @example runway/recraft-4.1-vector
     * @example runway/bria-fibo-1.5
     * @example nightmareai/real-esrgan
     * @example fal/aura-sr
     * @example stability/fast-upscale
     * @example recraft/crisp-upscale
     * @example topaz/image-upscale
     * @example stability/conservative-upscale
     * @example stability/creative-upscale
     * @example runway/magnific-precision-2
     * @example recraft/remove-background
     * @example bria/remove-background
     * @example fal/birefnet
     * @example bytedance/seedance-1.5-pro
     * @example bytedance/seedance-2-mini
     * @example bytedance/seedance-2-fast
     * @example bytedance/seedance-2
     * @example bytedance/seedance-2.5
     * @example alibaba/wan-2.6
     * @example alibaba/wan-2.7
     * @example alibaba/wan-3.0
     * @example alibaba/wan-3.0-prime
     * @example alibaba/happyhorse-1.0
     * @example alibaba/happyhorse-1.1
     * @example kwaivgi/kling-2.5-turbo
     * @example kwaivgi/kling-2.5-turbo-image
     * @example kwaivgi/kling-2.6
     * @example kwaivgi/kling-3.0
     * @example kwaivgi/kling-3.0-omni
     * @example kwaivgi/kling-3.0-turbo
     * @example minimax/hailuo-02
     * @example minimax/hailuo-02-pro
     * @example minimax/hailuo-2.3-standard
     * @example minimax/hailuo-2.3-pro
     * @example minimax/h3
     * @example google/veo-3.1-lite
     * @example google/veo-3.1-fast
     * @example google/veo-3.1-quality
     * @example google/gemini-omni-flash-1.1
     * @example xai/grok-imagine-video
     * @example xai/grok-imagine-video-1.5
     * @example pixverse/v6
     * @example luma/ray-flash-2
     * @example luma/ray-2
     * @example luma/ray-3.2
     * @example runway/grok-imagine-1.5-lite
     * @example runway/gen-4-turbo
     * @example runway/gen-4.5
     * @example runway/veo-3.1-fast
     * @example runway/veo-3.1
     * @example runway/seedance-2-mini
     * @example runway/seedance-2-fast
     * @example runway/seedance-2
     * @example runway/seedance-2.5
     * @example runway/kling-2.5-turbo
     * @example runway/kling-3.0-standard
     * @example runway/kling-3.0-pro
     * @example runway/kling-3.0-4k
     * @example runway/kling-3.0-omni-standard
     * @example runway/kling-3.0-omni-pro
     * @example runway/kling-3.0-omni-4k
     * @example runway/kling-4
     * @example runway/wan-3.0
     * @example runway/wan-3.0-prime
     * @example runway/happyhorse-1.0
     * @example runway/gemini-omni-flash
     * @example runway/gemini-omni-flash-1.1
     * @example runway/hailuo-3
     * @example runway/h3-max
     * @example runway/grok-imagine-1.5
     * @example kwaivgi/kling-avatar
     * @example kwaivgi/kling-avatar-pro
     * @example kwaivgi/kling-avatar-2
     * @example kwaivgi/kling-avatar-2-pro
     * @example meigen/infinitalk
     * @example topaz/video-upscale
     * @example kwaivgi/kling-2.6-motion-control
     * @example alibaba/wan-2.7-frames
     * @example alibaba/wan-2.7-references
     * @example alibaba/wan-2.7-edit
     * @example elevenlabs/gemini-2.5-flash-image
     * @example elevenlabs/gemini-3.1-flash-lite-image
     * @example elevenlabs/gemini-3.1-flash-image
     * @example elevenlabs/gemini-3-pro-image
     * @example elevenlabs/gpt-image-2
     * @example elevenlabs/gpt-image-2.5-flare
     * @example elevenlabs/gpt-image-2.5-sunburst
     * @example elevenlabs/seedream-5-lite
     * @example elevenlabs/seedream-5-pro
     * @example elevenlabs/seedance-2-mini
     * @example google/veo-3.1
     * @example elevenlabs/veo-3.1-fast
     * @example elevenlabs/seedance-2
     * @example elevenlabs/seedance-2-fast
     * @example elevenlabs/seedance-2.5
     * @example hexgrad/kokoro
     * @example openai/gpt-4o-mini-tts
     * @example pollinations/voice
     * @example elevenlabs/turbo-2.5-by-kie
     * @example elevenlabs/multilingual-2-by-kie
     * @example elevenlabs/flash-2.5
     * @example elevenlabs/multilingual-2
     * @example elevenlabs/v3
     * @example elevenlabs/v4
     * @example runway/multilingual-2
     * @example runway/eleven-3
     * @example runway/eleven-4
     * @example runway/seed-audio
     * @example meta/musicgen
     * @example suno/v5
     * @example suno/v5.5
     * @example stability/stable-audio-2.5
     * @example elevenlabs/music-2.5
     * @example elevenlabs/sound-effects-2-by-kie
     * @example elevenlabs/sound-effects-2
     * @example runway/sound-effects-2
     * @example runway/mirelo-sfx-2
     * @example openai/gpt-oss-120b
     * @example meta/llama-3.3-70b
     * @example pollinations/openai
     * @example openai/gpt-5.4-nano
     * @example openai/gpt-5.4-mini
     * @example openai/gpt-5.4
     * @example deepseek/deepseek-v3.2
     * @example moonshot/kimi-k2-thinking
     * @example qwen/qwen3-max
     * @example google/gemini-3-flash
     * @example anthropic/claude-haiku-4.5
     * @example anthropic/claude-sonnet-5
     * @example anthropic/claude-opus-4.8
     * @example own/text
     * @example openai/gpt-oss-120b-enhance
     * @example meta/llama-3.3-70b-enhance
     * @example openai/gpt-5.4-mini-enhance
     * @example anthropic/claude-haiku-4.5-enhance
     * @example own/enhance
     * @example openai/gpt-5.4-mini-interrogate
     * @example qwen/qwen3.8-27b-interrogate
     * @example qwen/qwen2.5-vl-7b-interrogate
     * @example pharmapsychotic/clip-interrogator
     */
    model: string;
    /** A description of the output to generate. */
    prompt: string;
    /** More parameters of the model. Each model lists its own. */
    input?: Schemas["Input"] | null;
    /**
     * Fields of the provider itself, under its own names: `native_fields` of a model lists them. Only routes that know them serve the request. An error names a field by its JSON pointer, such as `/native/duration`.
     * @example {
     *       "resolution": "2K"
     *     }
     */
    native?: {
      [key: string]: unknown;
    } | null;
    /** Refuse the request with `over_max_cost` if it could cost more. 0 to 100000000. */
    max_cost_cents?: number | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhook_url?: string | null;
  };
  /** Body of POST /api/v1/keys. A limit that is left out is that of the key of the request. */
  CreateKey: {
    /** The kind decides the prefix: `wf_live_` or `wok_`. */
    kind?: "wokgen" | "wowflow";
    /** A name for people. */
    name?: string;
    /** Calls that the key may make. `generate`: create and cancel generations, read them by id, and upload. `read`: lists, balance and usage. `webhooks`: endpoints. `manage`: keys and the account. Empty: all of it. */
    scopes?: ("generate" | "manage" | "read" | "webhooks")[];
    /** When the key stops working. RFC 3339. Null: never. */
    expires_at?: string | null;
    /** The models that the key may order. Empty: all. */
    models?: string[];
    /** The kinds that the key may order. Empty: all. */
    kinds?: ("enhance" | "image" | "interrogate" | "music" | "text" | "upscale" | "video" | "voice")[];
    /**
     * The addresses or networks that the key works from. Empty: all.
     * @example 192.0.2.0/24
     */
    ip_addresses?: string[];
    /** A budget of the key's own. Null: none. */
    spend_caps?: Schemas["SpendCapsBody"] | null;
  };
  /** A tree of an account's day. */
  DayTree: {
    /** The table of its leaves. */
    name: string;
    /** How many leaves it has. */
    size: number;
    /** Its root. */
    root: string;
  };
  /** The delivery of an event to an endpoint. `state` is pending, delivered or dead. */
  DeliveryEntry: {
    /** The delivery's id. */
    id: string;
    /** The event's id, as in the header `webhook-id`. */
    event: string;
    /**
     * The type of the event.
     * @example generation.completed
     */
    type: string;
    /** The generation that ended. Null for events of other types. */
    generation_id: string | null;
    /** The `webhook_url` of the order, if the event is posted there. */
    url?: string;
    /** `dead`: every attempt failed, and there are no more. */
    state: "pending" | "delivered" | "dead";
    /** When the event happened. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The attempts so far, oldest first. */
    attempts: Schemas["AttemptEntry"][];
  };
  /** Another endpoint of the account was disabled: it answered 410, or every attempt failed for five days. */
  EndpointDisabled: {
    /** The type of the event, the same as `type`. */
    event: "endpoint.disabled";
    /** When it happened. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The type of the event. */
    type: "endpoint.disabled";
    /** The event's id, as in the header `webhook-id`. */
    id: string;
    /** The disabled endpoint's id. */
    endpointId: string;
    /** The URL that its events were posted to. */
    url: string;
    /** The reason, for people. */
    reason: string;
    /** Since when every attempt has failed. RFC 3339, UTC, milliseconds. */
    failingSince: string;
  };
  /** An endpoint. Its secret is shown once, when it is created or replaced. */
  EndpointEntry: {
    /** The endpoint's id. */
    id: string;
    /** The URL that events are posted to. Empty for `ep_orders_...`: each order has its own `webhook_url`. */
    url: string;
    /** The events that are posted. */
    events: string[];
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The secret that signs events. Shown once, when it is created. */
    secret?: string;
    /** Until when events are signed with the old secret too. RFC 3339, UTC, milliseconds. */
    old_secret_until?: string;
    /** Since when every attempt has failed, if they do. RFC 3339, UTC, milliseconds. */
    failing_since?: string;
    /** When it was disabled, if it is. RFC 3339, UTC, milliseconds. */
    disabled_at?: string;
    /** The reason it was disabled. */
    disabled_why?: string;
  };
  /** Every input field of kind `enhance`; a catalogue entry names the fields of its model. */
  EnhanceInput: {
    /** The mode, such as `pixel`. A mode that the catalogue knows styles the prompt. */
    mode?: string | null;
    /** How many outputs to make. 1 to 5. */
    count?: number | null;
    /** The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
  };
  /** Better prompts; `enhanced` is the first of `variations`. */
  EnhanceJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "enhance";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The improved prompt: the first of `variations`. */
    enhanced?: string;
    /** All improved prompts. */
    variations?: string[];
  };
  /** POST /api/prompt/enhance. */
  EnhanceRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** The prompt to improve. */
    prompt: string;
    /** The mode, such as `pixel`. A mode that the catalogue knows styles the prompt. */
    mode?: string | null;
    /** How many variations to return. 1 to 5. */
    count?: number | null;
    /** Any integer. The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
  };
  /** A generation is completed, and its result can be fetched. */
  GenerationCompleted: {
    /** The type of the event, the same as `type`. */
    event: "generation.completed";
    /** The type of the event. */
    type: "generation.completed";
    /** How it ended. */
    status: "completed";
    /** The generation's id in the camelCase API. */
    jobId: string;
    /** The first image. Null after a failure. */
    imageUrl?: string | null;
    /** The first video. Null after a failure. */
    videoUrl?: string | null;
    /** The first audio file. Null after a failure. */
    audioUrl?: string | null;
    /** The text. Null after a failure. */
    text?: string | null;
    /** The prompt as sent. */
    prompt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The generation's id. */
    id: string;
    /**
     * The kind of model.
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
    /** The id of the requested model. */
    model: string;
    /** The provider that served it. Null if there was none. */
    provider: string | null;
    /** All outputs. */
    urls: string[];
    /** The amount charged, rounded up to a cent. */
    costCents: number;
    /** The amount refunded, rounded up to a cent. */
    refundedCents: number;
    /** The exact amount charged, in millionths of a dollar. */
    costMicros: number;
    /** The exact amount refunded, in millionths of a dollar. */
    refundedMicros: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    completedAt: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** Present and true if the body was too long and was cut. Read the whole generation by `id`. */
    truncated?: true;
  };
  /** A generation. `status` is processing, completed or failed; `stage` says more while it is processing. */
  GenerationEntry: {
    /** The generation's id. */
    id: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The id of the requested model. */
    model: string;
    /** The most it can cost while it is processing, then the amount charged, rounded up to a cent. 0 after a full refund. */
    cost_cents: number;
    /** `cost_cents` in dollars, for display. */
    cost_usd: number;
    /** The exact amount of `cost_cents`, in millionths of a dollar. */
    cost_micros: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /**
     * The kind of model.
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
    /** The provider that serves it. */
    provider: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /**
     * More detail than `status`. New values may be added.
     * @example backlog
     * @example queued
     * @example submitting
     * @example pending
     * @example uncertain
     * @example completed
     * @example failed
     */
    stage: string;
    /** The amount refunded, and what the operator credited later. */
    refunded_cents: number;
    /** The exact amount of `refunded_cents`, in millionths of a dollar. */
    refunded_micros: number;
    /** How many generations are ahead of it, while it waits. */
    queue_position?: number;
    /** The first output. */
    result_url?: string;
    /** All outputs. */
    result_urls?: string[];
    /** The result of a text generation. */
    result_text?: string;
    /** When the outputs are deleted here. RFC 3339, UTC, milliseconds. */
    expires_at?: string;
    /** When the provider deletes an output that could not be copied here: fetch it before. Else absent. RFC 3339, UTC, milliseconds. */
    result_expires_at?: string;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completed_at?: string;
    /** Present if the price counts tokens. False: the provider reported none, so the reservation was charged. */
    usage_reported?: boolean;
    /** Outputs that the provider finished after the refund. Not charged. */
    late_urls?: string[];
    /** The reason for the failure, for people. */
    error?: string;
    /** The reason for the failure, for programs. */
    error_code?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
  };
  /** A generation failed and was refunded. */
  GenerationFailed: {
    /** The type of the event, the same as `type`. */
    event: "generation.failed";
    /** The type of the event. */
    type: "generation.failed";
    /** How it ended. */
    status: "failed";
    /** The reason for the failure, for people. */
    error: string | null;
    /** The reason for the failure, for programs. */
    errorCode: string | null;
    /** The generation's id in the camelCase API. */
    jobId: string;
    /** The first image. Null after a failure. */
    imageUrl?: string | null;
    /** The first video. Null after a failure. */
    videoUrl?: string | null;
    /** The first audio file. Null after a failure. */
    audioUrl?: string | null;
    /** The text. Null after a failure. */
    text?: string | null;
    /** The prompt as sent. */
    prompt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    timestamp: string;
    /** The generation's id. */
    id: string;
    /**
     * The kind of model.
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
    /** The id of the requested model. */
    model: string;
    /** The provider that served it. Null if there was none. */
    provider: string | null;
    /** All outputs. */
    urls: string[];
    /** The amount charged, rounded up to a cent. */
    costCents: number;
    /** The amount refunded, rounded up to a cent. */
    refundedCents: number;
    /** The exact amount charged, in millionths of a dollar. */
    costMicros: number;
    /** The exact amount refunded, in millionths of a dollar. */
    refundedMicros: number;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** When it ended. RFC 3339, UTC, milliseconds. */
    completedAt: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** Present and true if the body was too long and was cut. Read the whole generation by `id`. */
    truncated?: true;
  };
  /** Every input field of kind `image`; a catalogue entry names the fields of its model. */
  ImageInput: {
    /** Width in pixels. 64 to 2048. */
    width?: number | null;
    /** Height in pixels. 64 to 2048. */
    height?: number | null;
    /** The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
    /** Content that the output should not show. */
    negative_prompt?: string | null;
    /** `auto`, or a ratio such as `16:9`. */
    aspect_ratio?: string | null;
    /** Words that describe the style, added to the prompt. */
    style?: string | null;
    /** Images to start from: https URLs, or `data:` URLs within the limit of the body. */
    image_urls?: string[] | null;
    /** How many outputs to make. 1 to 4. */
    count?: number | null;
    /** The resolution: about 1, 4, 9 or 16 megapixels, or less for some models. */
    resolution?: ("1K" | "2K" | "3K" | "4K") | null;
    /** The quality to aim for. */
    quality?: ("hd" | "standard") | null;
    /** The mode, such as `pixel`. A mode that the catalogue knows styles the prompt. */
    mode?: string | null;
    /** The name of a tool. */
    tool?: string | null;
  };
  /** An image. */
  ImageJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "image";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The first image. */
    imageUrl?: string;
    /** All images. */
    imageUrls?: string[];
    /** In pixels. Null if unknown. */
    width?: number | null;
    /** In pixels. Null if unknown. */
    height?: number | null;
    /** The seed of the image. The same seed, prompt and size give the same image. */
    seed?: number;
  };
  /** POST /api/generate: an image. */
  ImageRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** A description of the image to draw. */
    prompt: string;
    /** The mode, such as `pixel`. A mode that the catalogue knows styles the prompt. */
    mode?: string | null;
    /** The name of a tool. */
    tool?: string | null;
    /** Width in pixels. 64 to 2048. */
    width?: number | null;
    /** Height in pixels. 64 to 2048. */
    height?: number | null;
    /** Any integer. The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
    /** The quality to aim for. */
    quality?: ("hd" | "standard") | null;
    /** Content that the image should not show. */
    negativePrompt?: string | null;
  };
  /** The parameters of a model besides the prompt. Each model has its own fields and limits: see Models. A field that is null counts as absent. */
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
    /** An image to start from: an https URL, or a `data:` URL within the limit of the body. */
    image_url?: string | null;
  };
  /** A description of an image; `prompt` is made of it. */
  InterrogateJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "interrogate";
    /** A prompt that could have made the image. Empty until the job is completed. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The image in one sentence. */
    caption?: string;
    /** The image in single words. */
    tags?: string[];
  };
  /** POST /api/tools/interrogate. */
  InterrogateRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** The image: an https URL, a `data:` URL with a PNG, JPEG, WebP or GIF in base64, or one of your own asset URLs. */
    imageUrl: string;
  };
  /** An active key. The key itself is shown once, when it is created. */
  KeyEntry: {
    /** The key's id. */
    id: string;
    /** The kind of key. */
    kind: "wowflow" | "wokgen";
    /** The key's prefix and its last four characters. */
    hint: string;
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** Its name. */
    name: string;
    /** Calls that the key may make. `generate`: create and cancel generations, read them by id, and upload. `read`: lists, balance and usage. `webhooks`: endpoints. `manage`: keys and the account. Empty: all of it. */
    scopes: string[];
    /** When the key stops working. RFC 3339. Null: never. */
    expires_at?: string | null;
    /** The models that the key may order. Empty: all. */
    models: string[];
    /** The kinds that the key may order. Empty: all. */
    kinds: string[];
    /**
     * The addresses or networks that the key works from. Empty: all.
     * @example 192.0.2.0/24
     */
    ip_addresses: string[];
    /** The caps of its own budget. Null: it has none. */
    spend_caps?: Schemas["SpendCapsBody"] | null;
    /** The amounts that its own budget has counted. Null: it has none. */
    spent?: Schemas["SpentEntry"] | null;
    /** When it was last used, to a minute. RFC 3339. Null: never. */
    last_used_at?: string | null;
    /** The key. Shown once, in the response that creates it. */
    key?: string;
  };
  /** One entry of GET /api/v1/models. */
  ModelEntry: {
    /** The value to send as `model`. */
    id: string;
    /** The name for people. */
    name: string;
    /**
     * The kind of model.
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
    /** The price of an order with the defaults, rounded up to a cent. */
    price_cents: number;
    /** `price_cents` in dollars, for display. */
    price_usd: number;
    /** The exact price of an order with the defaults, in millionths of a dollar. */
    price_micros: number;
    /** How the price is computed. */
    pricing: Schemas["Pricing"];
    /** The resolution of the output, such as `1K`. */
    resolution: string | null;
    /** The length of the output in seconds. */
    duration_sec: number | null;
    /** Fields of its providers that `native` may have; the prompt's own is not among them. */
    native_fields: string[];
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
  };
  /** Every input field of kind `music`; a catalogue entry names the fields of its model. */
  MusicInput: {
    /** Length in seconds. 1 to 300. */
    seconds?: number | null;
    /** How closely to follow the prompt. 0 to 20. */
    guidance?: number | null;
    /** The format of the file. */
    format?: ("mp3" | "wav") | null;
    /** The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
  };
  /** Music. */
  MusicJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "music";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The audio file. */
    audioUrl?: string;
    /**
     * The format of the file.
     * @example wav
     * @example mp3
     */
    format?: string;
    /** Length in seconds. Null if unknown. */
    duration?: number | null;
  };
  /** POST /api/music/generate. */
  MusicRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** A description of the music to play. */
    prompt: string;
    /** Length in seconds. 1 to 300. */
    duration?: number | null;
    /** How closely to follow the prompt. 0 to 20. */
    guidance?: number | null;
    /** The format of the file. */
    format?: ("mp3" | "wav") | null;
    /** Any integer. The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
  };
  /** How a price is computed: the sum of the parts, within the bounds, plus the mark-up. */
  Pricing: {
    /** The price for people, the mark-up included. */
    text: string;
    /** The parts that are added. */
    parts: Schemas["PricingPart"][];
    /** The least sum of the parts, in millionths of a dollar. */
    minimum_micros: number;
    /** The largest sum of the parts, in millionths of a dollar. */
    ceiling_micros: number | null;
    /** The mark-up on the sum, in percent. */
    markup_percent: number;
  };
  /** One part of a price. The first row that fits the input replaces `unit_micros`. */
  PricingPart: {
    /**
     * The unit that is counted.
     * @example order
     * @example output
     * @example second
     * @example megapixel
     * @example 1k_characters
     * @example 1m_input_tokens
     * @example 1m_output_tokens
     */
    unit: string;
    /** The price of one unit, in millionths of a dollar. */
    unit_micros: number;
    /** The prices of a unit for some inputs. */
    rows: Schemas["PricingRow"][];
  };
  /** The price of a unit where the input has all these values. */
  PricingRow: {
    /** The values, by input field. */
    when: {
      [key: string]: string | number | boolean;
    };
    /** The price of one unit, in millionths of a dollar. */
    unit_micros: number;
  };
  /** The place of a leaf in a tree of a day. */
  Proof: {
    /** The day, counted from 1970-01-01 UTC. */
    day: number;
    /** The position of the leaf, from 0. */
    index: number;
    /** The hashes of its neighbours, from the leaf to the root. */
    path: string[];
  };
  /** A public key that receipts are signed with. */
  PublicKey: {
    /** The first 16 characters of the key's SHA-256. */
    id: string;
    /** The algorithm. */
    algorithm: "Ed25519";
    /** The key in hexadecimal. */
    public_key: string;
    /** When the key was made, Unix milliseconds. */
    created_ms: number;
  };
  /** The public keys of a deployment, the current one first. */
  PublicKeys: {
    /** The keys. */
    keys: Schemas["PublicKey"][];
  };
  /** The price of a request, which is neither charged nor stored. */
  Quote: {
    /** The id of the model. */
    model: string;
    /** The most that it can cost, rounded up to a cent. */
    price_cents: number;
    /** `price_cents` in dollars, for display. */
    price_usd: number;
    /** The exact amount of `price_cents`, in millionths of a dollar. */
    price_micros: number;
    /** Whether it may cost less, depending on the delivered outputs or the used tokens. */
    metered: boolean;
    /** The parts of the price. */
    breakdown: Schemas["QuoteLine"][];
    /** The least that it costs before the mark-up, in millionths of a dollar. */
    minimum_micros: number;
    /** The most that it costs before the mark-up, in millionths of a dollar. */
    ceiling_micros: number | null;
    /** The mark-up on the sum of the parts, in percent. */
    markup_percent: number;
    /** The providers that can serve it, in the order to try them. */
    providers: string[];
    /** Whether the balance covers it now. */
    affordable: boolean;
    /** Whether the local provider would stand in for the model's own one. */
    simulated: boolean;
  };
  /** One part of a price: so much per unit. */
  QuoteLine: {
    /**
     * The unit that is counted.
     * @example order
     * @example output
     * @example second
     * @example megapixel
     * @example 1k_characters
     * @example 1m_input_tokens
     * @example 1m_output_tokens
     */
    unit: string;
    /** The most units that the order can use. */
    quantity: number;
    /** The price of one unit before the mark-up, in millionths of a dollar. */
    unit_micros: number;
  };
  /** A receipt. `provisional`: the deployment signs it, but its day is not signed yet. */
  Receipt: {
    /** The version of the format. */
    version: number;
    /** Whether all of it is in days that are signed. */
    status: "included" | "provisional";
    /** The identity of the deployment's books. */
    issuer: string;
    /** The generation. */
    generation: Schemas["ReceiptGeneration"];
    /** Its ledger entries. None if a daily quota paid. */
    lines: Schemas["ReceiptLine"][];
    /** The days of the proofs. */
    days: Schemas["ReceiptDay"][];
    /** When the receipt was issued, Unix milliseconds. */
    issued_ms: number;
    /** The key that signed the receipt. */
    key_id: string;
    /** The Ed25519 signature of the receipt in hexadecimal. */
    signature: string;
  };
  /** An account's leaf in the tree of a signed day. */
  ReceiptDay: {
    /** The number of the account's last ledger entry before the day. */
    after: number;
    /** The number of its last ledger entry of the day. 0: the day has none. */
    sequence: number;
    /** The hash of that entry. */
    head: string;
    /** The account's trees of the day. */
    trees: Schemas["DayTree"][];
    /** The position of the account's leaf in the tree of the day. */
    index: number;
    /** The hashes of its neighbours, from the leaf to the root. */
    path: string[];
    /** The signed day. */
    signed: Schemas["SignedDay"];
  };
  /** The generation of a receipt. Times are Unix milliseconds, amounts are micro-dollars. */
  ReceiptGeneration: {
    /** The generation's id. */
    id: string;
    /** The account's id. */
    account: string;
    /** The kind of model. */
    kind: string;
    /** The model's id. */
    model: string;
    /** The provider that served it, or had it last. */
    provider: string;
    /** `completed` or `failed`. */
    state: string;
    /** The reason for the failure, for programs. */
    error_code: string | null;
    /** The reservation. */
    reserved_micros: number;
    /** The charge. */
    cost_micros: number;
    /** The amount that was given back afterwards. */
    credit_micros: number | null;
    /** When it was ordered. */
    created_ms: number;
    /** When a worker started it. */
    started_ms: number | null;
    /** When it ended. */
    closed_ms: number;
    /** When the credit was given. */
    credit_ms: number | null;
    /** When a result came after the refund. */
    late_ms: number | null;
    /** The SHA-256 of each output that we stored, separated by spaces. */
    output_sha256: string;
    /** Commitments to the fields that a receipt does not show. */
    hidden: string[];
    /** Its place in the tree of its day. Null until the day is signed. */
    proof?: Schemas["Proof"] | null;
  };
  /** A ledger entry of the generation. */
  ReceiptLine: {
    /** The entry's number in the account, from 1. */
    sequence: number;
    /** The time, Unix milliseconds. */
    at_ms: number;
    /** `reserve`, `settle` or `credit`. */
    kind: string;
    /** The amount in micro-dollars. */
    amount_micros: number;
    /** The hash of the account's entry before it. */
    previous: string;
    /** The hash of the entry. */
    hash: string;
    /** Its place in the tree of its day. Null until the day is signed. */
    proof?: Schemas["Proof"] | null;
  };
  /** Body of POST /api/v1/webhooks/{id}/replay. */
  ReplayEvents: {
    /** Events from this time on. */
    since: string;
    /** `failed`: events whose attempts all failed. `missing`: events that were never posted to this endpoint. */
    which: "failed" | "missing";
    /** The position to continue at: `next` of the previous response. */
    next?: number;
  };
  /** A signed day of the deployment's books, which names the signed day before it. */
  SignedDay: {
    /** The day, counted from 1970-01-01 UTC. */
    day: number;
    /** How many accounts the day has. */
    size: number;
    /** The root of the day. */
    root: string;
    /** The signed day before it. */
    previous_day: number | null;
    /** The root of that day. */
    previous_root: string;
    /** When the root was signed, Unix milliseconds. */
    signed_ms: number;
    /** The key that signed it. */
    key_id: string;
    /** The Ed25519 signature in hexadecimal. */
    signature: string;
  };
  /** The most that may be taken from the balance in a day, in a month (UTC) and in total. Null: no cap. */
  SpendCapsBody: {
    /** In a day, in cents. 0 to 100000000. */
    day_cents?: number | null;
    /** In a calendar month, in cents. 0 to 100000000. */
    month_cents?: number | null;
    /** In total, in cents. 0 to 100000000. */
    total_cents?: number | null;
  };
  /** The amounts that orders have taken, less refunds, as the caps count them. */
  SpentEntry: {
    /** Today, in micro-dollars. */
    day_micros: number;
    /** This month, in micro-dollars. */
    month_micros: number;
    /** Since the count began, in micro-dollars. */
    total_micros: number;
  };
  /** Every input field of kind `text`; a catalogue entry names the fields of its model. */
  TextInput: {
    /** The type of text, such as `product-desc`. */
    type?: string | null;
    /** The tone, such as `professional`. */
    tone?: string | null;
    /** The length of the text. */
    length?: ("long" | "medium" | "short") | null;
    /** The most words to write. 1 to 4000. */
    words_max?: number | null;
    /** A conversation, with at most 200,000 characters in all. The model continues it, and does not read the prompt. */
    messages?: Schemas["ChatMessage"][] | null;
    /** The most tokens to write. They bound the price. 1 to 32768. */
    max_tokens?: number | null;
    /** How much chance there is in the choice of words. 0 to 2. */
    temperature?: number | null;
    /** The share of the most likely words to choose from. 0 to 1. */
    top_p?: number | null;
    /** Texts at which the model stops. */
    stop?: string[] | null;
    /** Images that the model reads: https URLs, or `data:` URLs within the limit of the body. */
    image_urls?: string[] | null;
    /** The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
  };
  /** A text. */
  TextJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "text";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The text. */
    content?: string;
    /** The number of words. */
    wordCount?: number;
    /** The number of characters. */
    charCount?: number;
  };
  /** POST /api/text/generate. */
  TextRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** A description of the text to write. */
    prompt: string;
    /** The type of text, such as `product-desc`. */
    type?: string | null;
    /** The tone, such as `professional`. */
    tone?: string | null;
    /** The length of the text. */
    length?: ("long" | "medium" | "short") | null;
    /** Any integer. The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
    /** The preferred model. */
    model?: string | null;
  };
  /** One movement of money; the amount is signed. `type` is topup, spend, refund or correction. */
  Transaction: {
    /** Its number in the account's ledger: the cursor for `before` and `after`. */
    sequence: number;
    /** The type of transaction. A correction is a dispute of a payment, the end of a closed account's balance, or stands for lines that a restore from a backup lost or took back. */
    type: "topup" | "spend" | "refund" | "correction";
    /** The signed amount, negative for a charge; a charge or refund is rounded up to a cent. */
    amount_cents: number;
    /** `amount_cents` in dollars, for display. */
    amount_usd: number;
    /** The exact signed amount, in millionths of a dollar. */
    amount_micros: number;
    /** When it was booked. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** The generation of a charge or refund. */
    generation_id: string | null;
    /** The reference of a top-up or dispute, or the lines that a correction is about, such as 5-8. */
    reference: string | null;
  };
  /** An upload: a file that requests name as `asset:<id>`. */
  UploadEntry: {
    /** The upload's id. */
    id: string;
    /** The URL for `image_url` and other fields of media: `asset:` and the id. */
    url: string;
    /** `ready` once the file is stored and checked. */
    status: "pending" | "ready";
    /** When it was created. RFC 3339, UTC, milliseconds. */
    created_at: string;
    /** A pending upload takes a file until then; a ready one is deleted then. RFC 3339, UTC, milliseconds. */
    expires_at: string;
    /** The media type that the file's bytes have. Absent while pending. */
    content_type?: string;
    /** The size of the file. Absent while pending. */
    size_bytes?: number;
    /** The most bytes that a pending upload takes. */
    size_max_bytes?: number;
    /** The method for `upload_url`. */
    upload_method?: "PUT";
    /** Send the file's bytes there, without your API key. Shown once, in the response that creates it. */
    upload_url?: string;
  };
  /** Every input field of kind `upscale`; a catalogue entry names the fields of its model. */
  UpscaleInput: {
    /** An image to start from: an https URL, or a `data:` URL within the limit of the body. */
    image_url?: string | null;
    /** The factor to enlarge by. */
    scale?: (2 | 4) | null;
    /** A preferred upscaling engine, such as `real-esrgan`. */
    engine?: string | null;
  };
  /** A larger image. */
  UpscaleJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "upscale";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The larger image. */
    imageUrl?: string;
    /** In pixels. Null if unknown. */
    width?: number | null;
    /** In pixels. Null if unknown. */
    height?: number | null;
    /** Width of the image that was sent, in pixels. Null if unknown. */
    originalWidth?: number | null;
    /** Height of the image that was sent, in pixels. Null if unknown. */
    originalHeight?: number | null;
    /** The factor it was enlarged by. Null if unknown. */
    scale?: number | null;
  };
  /** POST /api/tools/upscale. */
  UpscaleRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** The image: an https URL, a `data:` URL with a PNG, JPEG, WebP or GIF in base64, or one of your own asset URLs. */
    imageUrl: string;
    /** The factor to enlarge by. */
    scale?: (2 | 4) | null;
    /** The preferred engine, such as `real-esrgan`. */
    model?: string | null;
  };
  /** GET /api/v1/usage: the usage of an account. A generation counts on the day when it ended. */
  Usage: {
    /** The grouping. */
    by: string;
    /** The first day, in UTC. */
    from_day: string;
    /** The day behind the last one, in UTC. */
    to_day: string;
    /** The sums, in the order of their groups. */
    data: Schemas["UsageEntry"][];
    /** The sum of all of them. */
    total: Schemas["UsageTotal"];
  };
  /** The sum of the generations of one day, model, kind, provider or key. */
  UsageEntry: {
    /** The number of generations that ended. */
    count: number;
    /** The number of them that failed. */
    failed: number;
    /** The amount charged when they were accepted, in millionths of a dollar. */
    charged_micros: number;
    /** The amount refunded or credited since, in millionths of a dollar. */
    refunded_micros: number;
    /** The amount that they cost: charged minus refunded, in millionths of a dollar. */
    net_micros: number;
    /** The length of their outputs in seconds, where known. */
    seconds: number;
    /** The number of tokens that their providers reported. */
    tokens: number;
    /** The value that they have in common: a UTC day such as `2026-10-01`, or the id of a model, kind, provider or key. Empty for generations without a key, and of a key that is not known any more. */
    group: string;
  };
  /** The sum of all generations that ended in a period. */
  UsageTotal: {
    /** The number of generations that ended. */
    count: number;
    /** The number of them that failed. */
    failed: number;
    /** The amount charged when they were accepted, in millionths of a dollar. */
    charged_micros: number;
    /** The amount refunded or credited since, in millionths of a dollar. */
    refunded_micros: number;
    /** The amount that they cost: charged minus refunded, in millionths of a dollar. */
    net_micros: number;
    /** The length of their outputs in seconds, where known. */
    seconds: number;
    /** The number of tokens that their providers reported. */
    tokens: number;
  };
  /** Every input field of kind `video`; a catalogue entry names the fields of its model. */
  VideoInput: {
    /** Width in pixels. 64 to 1920. */
    width?: number | null;
    /** Height in pixels. 64 to 1920. */
    height?: number | null;
    /** Length in seconds. 1 to 30. */
    seconds?: number | null;
    /** Frames per second. 1 to 60. */
    fps?: number | null;
    /** The same seed, prompt and size give the same output where the provider can. */
    seed?: number | null;
    /** Content that the output should not show. */
    negative_prompt?: string | null;
    /** An image to start from: an https URL, or a `data:` URL within the limit of the body. */
    image_url?: string | null;
    /** `auto`, or a ratio such as `16:9`. */
    aspect_ratio?: string | null;
    /** The resolution of the shorter side, or `2K` or `4K`. The price may depend on it. */
    resolution?: ("1080p" | "2K" | "360p" | "480p" | "4K" | "512p" | "540p" | "720p" | "768p") | null;
    /** Whether the video has sound. The price may depend on it. */
    sound?: boolean | null;
  };
  /** A video. */
  VideoJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "video";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The video. */
    videoUrl?: string;
    /** Length in milliseconds. Null if unknown. */
    durationMs?: number | null;
  };
  /** Every input field of kind `voice`; a catalogue entry names the fields of its model. */
  VoiceInput: {
    /** The name of a voice. */
    voice_id?: string | null;
    /** The speed of speech. 1 is the voice's own. 0.25 to 4. */
    speed?: number | null;
    /** The format of the file. */
    format?: ("mp3" | "wav") | null;
    /** The language, such as `en` or `de`. */
    language?: string | null;
  };
  /** Speech. */
  VoiceJob: {
    /** The job's id: `job_` and the generation's id without dashes. */
    jobId: string;
    /** One of three values, always. */
    status: "processing" | "completed" | "failed";
    /** The kind of job. */
    kind: "voice";
    /** The prompt as sent. */
    prompt: string;
    /** The provider that serves it, which may differ from the preferred one. */
    provider: string;
    /** The id of the model that serves it. */
    model: string;
    /** Whether our local provider stands in for the model, because no provider of it is configured here. */
    simulated: boolean;
    /** When it was accepted. RFC 3339, UTC, milliseconds. */
    createdAt: string;
    /** The `metadata` of the order, if it has any. */
    metadata?: {
      [key: string]: string;
    };
    /** How many jobs are ahead of it, while it waits. */
    queuePosition?: number;
    /** When it completed or failed. RFC 3339, UTC, milliseconds. */
    completedAt?: string;
    /** The reason for the failure, for people. */
    error?: string;
    /**
     * The reason for the failure, for programs.
     * @example CONTENT_POLICY
     */
    code?: string;
    /** Outputs that the provider finished after the job had failed here. */
    lateUrls?: string[];
    /** When the provider deletes an output that could not be copied here. Else absent. RFC 3339, UTC, milliseconds. */
    resultExpiresAt?: string;
    /** Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. Absent if there were none. */
    notices?: string[];
    /** The audio file. */
    audioUrl?: string;
    /**
     * The format of the file.
     * @example wav
     * @example mp3
     */
    format?: string;
    /** Length in milliseconds. Null if unknown. */
    durationMs?: number | null;
    /** The requested voice. */
    voiceId?: string;
  };
  /** POST /api/voice/generate. */
  VoiceRequest: {
    /** The preferred provider, or `auto`. A provider that cannot serve the request is replaced. */
    provider?: string | null;
    /** Respond at once, without waiting for the result. */
    async?: boolean | null;
    /**
     * Facts of your own about this order, at most 4000 bytes as JSON. The generation and its webhook have them, and lists can be filtered by them.
     * @example {
     *       "user": "u_4711"
     *     }
     */
    metadata?: {
      [key: string]: string;
    } | null;
    /**
     * A URL of yours that gets the end of this order, next to your endpoints: public and https. Its events are signed with the secret of the endpoint `ep_orders_...`, which your first order with a URL creates.
     * @example https://example.com/hooks/wokflow
     */
    webhookUrl?: string | null;
    /** The text to say. */
    text: string;
    /** The name of a voice. */
    voiceId?: string | null;
    /** The speed of speech. 1 is the voice's own. 0.25 to 4. */
    speed?: number | null;
    /** The format of the file. */
    format?: ("mp3" | "wav") | null;
    /** The language, such as `en` or `de`. */
    language?: string | null;
  };
}
