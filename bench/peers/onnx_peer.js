// Runs ONNX files by onnxruntime-node on one thread, on rows that the benchmark wrote. Answers one JSON line.
// usage: node onnx_peer.js FOLDER MODULES JOBS   with jobs "name:rows:width:rounds,..."; reads NAME.onnx and NAME.ROWS.x
const fs = require("fs");
const path = require("path");
const [folder, modules, jobs] = process.argv.slice(2);
const ort = require(path.join(modules, "onnxruntime-node"));

(async () => {
  const results = [];
  for (const job of jobs.split(",")) {
    const [name, rows, width, rounds] = [job.split(":")[0], ...job.split(":").slice(1).map(Number)];
    const session = await ort.InferenceSession.create(path.join(folder, name + ".onnx"), {
      intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential", graphOptimizationLevel: "all",
    });
    const bytes = fs.readFileSync(path.join(folder, `${name}.${rows}.x`));
    const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const feeds = { input: new ort.Tensor("float32", data, [rows, width]) };
    let out;
    for (let i = 0; i < Math.min(20, rounds); i++) out = await session.run(feeds, ["score"]);
    const times = [];
    for (let i = 0; i < rounds; i++) {
      const clock = process.hrtime.bigint();
      out = await session.run(feeds, ["score"]);
      times.push(Number(process.hrtime.bigint() - clock) / 1e6);
    }
    times.sort((a, b) => a - b);
    fs.writeFileSync(path.join(folder, `${name}.${rows}.s`), Buffer.from(out.score.data.buffer, out.score.data.byteOffset, rows * 4));
    results.push({ name, rows, p50: times[rounds >> 1], p10: times[Math.floor(rounds / 10)] });
  }
  console.log(JSON.stringify({ version: "ONNX Runtime " + ort.env.versions.node, results }));
})();
