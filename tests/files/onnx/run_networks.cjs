// Runs the networks that onnx_networks wrote in ONNX Runtime, and compares its outputs with gradus's:
//
//     node run_networks.cjs FOLDER NODE_MODULES
//
// Ends with 1 if one differs by more than 1e-5, relative to max(1, |y|); with 77 if there is no ONNX Runtime.
const fs = require("fs");
const path = require("path");

const [folder, modules] = process.argv.slice(2);
const tolerance = 1e-5;

function floats(file) {
  const bytes = fs.readFileSync(path.join(folder, file));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

async function difference(runtime, session, batch) {
  const x = new runtime.Tensor("float32", Float32Array.from(floats(batch.x)), batch.x_sizes);
  const { output } = await session.run({ input: x });
  const expected = floats(batch.y);
  if (JSON.stringify(output.dims.map(Number)) !== JSON.stringify(batch.y_sizes)) {
    throw new Error(`expected a shape of ${batch.y_sizes}, got ${output.dims}`);
  }
  let largest = 0;
  for (let i = 0; i < expected.length; ++i) {
    const error = Math.abs(output.data[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (!(error <= largest)) largest = error;  // NaN too
  }
  return largest;
}

async function main() {
  let runtime;
  try {
    runtime = require(path.join(modules, "onnxruntime-node"));
  } catch (error) {
    console.log(`skipped: no onnxruntime-node in ${modules} (${error.message.split("\n")[0]})`);
    return 77;
  }
  const networks = JSON.parse(fs.readFileSync(path.join(folder, "networks.json")));
  let failed = 0;
  let largest = 0;
  for (const { name, file, batches } of networks) {
    try {
      const session = await runtime.InferenceSession.create(path.join(folder, file), { logSeverityLevel: 3 });
      for (const batch of batches) {
        const error = await difference(runtime, session, batch);
        if (!(error <= tolerance)) throw new Error(`differs by ${error}, batch of ${batch.x_sizes[0]}`);
        largest = Math.max(largest, error);
      }
    } catch (error) {
      console.log(`${name} (${file}): ${error.message}`);
      ++failed;
    }
  }
  console.log(`${networks.length - failed} of ${networks.length} networks agree; largest difference ${largest.toExponential(1)}`);
  return networks.length >= 60 && failed === 0 ? 0 : 1;
}

main().then((code) => process.exit(code));
