import { API_KEY, BASE_URL } from "./place.ts";

// The samples of the documentation as they are, but for the key and the base URL.

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

/** What is printed behind the second sample, to see what came of its calls. */
const SHOWN = `console.log(enhanced.enhanced);
console.log(upscaled.imageUrl);
`;

const ours = (sample: string): string => sample.replace(/apiKey: '[^']+'/, OURS);

/** The first sample; CommonJS has no await outside of a function. */
export const commonjs: string = `(async () => {\n${ours(COMMONJS)}})();\n`;

/** The second sample, as an ES module. */
export const module: string = ours(MODULE) + SHOWN;
