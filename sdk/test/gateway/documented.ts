import { API_KEY, BASE_URL } from "./gateway.ts";

// The samples of the documentation, with the key and the base URL replaced.

const OURS = `apiKey: '${API_KEY}', baseUrl: '${BASE_URL}'`;

const COMMONJS = `const wokgen = require('@wokspec/sdk');
const client = new wokgen.Client({ apiKey: 'your-api-key' });
const result = await client.generate({
prompt: 'pixel art dragon',
mode: 'pixel',
width: 512,
height: 512,
});
console.log(result.imageUrl);
`;

const MODULE = `import { WokGenClient } from '@wokspec/sdk';
const client = new WokGenClient({ apiKey: 'wok_your_key_here' });
// Generate image
const result = await client.generate({ prompt: 'pixel art dragon', mode: 'pixel' });
console.log(result.imageUrl);
// Enhance prompt
const enhanced = await client.enhancePrompt({ prompt: 'dragon', mode: 'pixel' });
// Upscale image
const upscaled = await client.upscale({ imageUrl: result.imageUrl, scale: 4 });
`;

/** Appended to the second sample, to print the results of its calls. */
const PRINTS = `console.log(enhanced.enhanced);
console.log(upscaled.imageUrl);
`;

const ours = (sample: string): string => sample.replace(/apiKey: '[^']+'/, OURS);

/** The first sample, in a function because CommonJS has no top-level await. */
export const commonjs: string = `(async () => {\n${ours(COMMONJS)}})();\n`;

/** The second sample, as an ES module. */
export const module: string = ours(MODULE) + PRINTS;
