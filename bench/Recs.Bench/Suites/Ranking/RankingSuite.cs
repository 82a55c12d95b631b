using System.Runtime.InteropServices;
using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Engine.Ranking.Deep;
using Recs.Engine.Ranking.Onnx;
using Recs.Engine.Ranking.Trees;
using Recs.Training.Ranking.Trees;

namespace Recs.Bench.Suites.Ranking;

/// <summary>Time to score a page's candidates in one thread, against ONNX Runtime on the same graph and rows.</summary>
internal static class RankingSuite
{
    private const int TreeWidth = 34, DcnWidth = 200, DcnShared = 80;

    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var rounds = arguments.Number("rounds", 400, 10, 100_000);
        var cycles = arguments.Number("cycles", 5, 1, 100);
        var node = arguments.Text("node", "node");
        var modules = arguments.Text("modules", "");
        var counts = arguments.Numbers("counts", "100,500");
        arguments.RefuseOthers();

        using var folder = new WorkFolder("");
        var trees = Trees(seed);
        var dcn = Network(seed);
        Contestant[] all =
        [
            new("trees", TreeWidth, TreeOnnx.Write(trees), BlockTreeScorer.TryCreate(trees) is { } blocks ? blocks.Score : Walk(trees),
                FormattableString.Invariant($"trees={trees.Trees.Count} leaves={trees.Trees.Max(t => t.Leaves)} features={TreeWidth}")),
            new("dcn", DcnWidth, DcnOnnx.Write(dcn), new DcnScorer(dcn).Score,
                FormattableString.Invariant($"inputs={DcnWidth} shared={DcnShared} cross=3 deep=256-128-64 parallel")),
        ];
        var jobs = new List<string>();
        foreach (var c in all)
        {
            await File.WriteAllBytesAsync(Path.Combine(folder.Root, c.Name + ".onnx"), c.Graph);
            foreach (var count in counts)
            {
                await File.WriteAllBytesAsync(Path.Combine(folder.Root, $"{c.Name}.{count}.x"), MemoryMarshal.AsBytes(Rows(c, count, seed).AsSpan()).ToArray());
                jobs.Add($"{c.Name}:{count}:{c.Width}:{rounds}");
            }
        }

        // By turns: what else the machine does strikes either side alike.
        var (peers, measured) = (new List<PeerAnswer>(), new List<Measured>());
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            if (modules.Length > 0)
                peers.Add(await PeerAsync(node, folder.Root, modules, jobs));
            foreach (var c in all)
                measured.AddRange(counts.Select(count => Measure(c, count, rounds, seed)));
        }

        foreach (var c in all)
        {
            foreach (var count in counts)
                Add(c, [.. measured.Where(m => m.Name == c.Name && m.Rows == count)], count, rounds, cycles, folder.Root, peers, report);
        }

        if (peers.Count == 0)
            Console.WriteLine("No onnxruntime-node: ratios left out (npm install onnxruntime-node somewhere, then --modules DIR/node_modules).");
        return 0;
    }

    private delegate void Scorer(ReadOnlySpan<float> rows, int count, Span<float> scores);

    private sealed record Contestant(string Name, int Width, byte[] Graph, Scorer Score, string Settings);

    private sealed record PeerRow(string Name, int Rows, double P50, double P10);

    private sealed record PeerAnswer(string Version, PeerRow[] Results);

    private sealed record Measured(
        string Name, int Rows, (double P50, double P10) Ours, (double P50, double P10) Graph, long Bytes, float[] Scores, float[] Embedded);

    private static Measured Measure(Contestant c, int count, int rounds, int seed)
    {
        var rows = Rows(c, count, seed);
        var scores = new float[count];
        var run = new OnnxRun(new OnnxGraph(OnnxModel.Parse(c.Graph)));
        var (ours, bytes) = Time(() => c.Score(rows, count, scores), rounds);
        var (graph, _) = Time(() =>
        {
            rows.CopyTo(run.Input(0, count, c.Width));
            run.Execute();
        }, rounds);
        return new Measured(c.Name, count, ours, graph, bytes, scores, run.Output(0).Floats.ToArray());
    }

    private static void Add(
        Contestant c, Measured[] ours, int count, int rounds, int cycles, string folder, List<PeerAnswer> peers, Report report)
    {
        (string, object)[] parameters = [("rows", count), ("settings", c.Settings), ("rounds", rounds), ("cycles", cycles), ("threads", 1)];
        var (score, graph) = (ours.Min(m => m.Ours.P10), ours.Min(m => m.Graph.P10));
        report.Add($"{c.Name}-{count}.p50", Percentile.Median([.. ours.Select(m => m.Ours.P50)]), "ms", [.. parameters, ("p10", Math.Round(score, 4)), ("allocatedBytes", ours.Max(m => m.Bytes))]);
        report.Add($"{c.Name}-{count}.graph-p50", Percentile.Median([.. ours.Select(m => m.Graph.P50)]), "ms", [.. parameters, ("p10", Math.Round(graph, 4))]);
        var theirs = peers.SelectMany(p => p.Results).Where(r => r.Name == c.Name && r.Rows == count).ToArray();
        if (theirs.Length == 0)
            return;
        var their = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, $"{c.Name}.{count}.s")));
        double difference = 0;
        for (var r = 0; r < count; r++)
            difference = Math.Max(difference, Math.Max(Math.Abs(their[r] - ours[0].Scores[r]), Math.Abs(their[r] - ours[0].Embedded[r])));
        // Of the fastest tenth of the best cycle: what a load from elsewhere strikes least.
        var peer = theirs.Min(r => r.P10);
        report.Add($"{c.Name}-{count}.onnxruntime-p50", Percentile.Median([.. theirs.Select(r => r.P50)]), "ms", [.. parameters, ("p10", Math.Round(peer, 4)), ("version", peers[0].Version)]);
        report.Add($"{c.Name}-{count}.difference", difference, "log-odds", parameters);
        report.Add($"{c.Name}-{count}.score ratio", peer / score, "x", parameters);
        report.Add($"{c.Name}-{count}.graph ratio", peer / graph, "x", parameters);
    }

    private static ((double P50, double P10) Times, long Bytes) Time(Action action, int rounds)
    {
        // Long enough for the compiler's last tier.
        for (var warm = 0; warm < 200; warm++)
            action();
        var ticks = new long[rounds];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < rounds; i++)
        {
            var clock = Stopwatch.GetTimestamp();
            action();
            ticks[i] = Stopwatch.GetTimestamp() - clock;
        }

        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / rounds;
        Array.Sort(ticks);
        return ((Percentile.Milliseconds(ticks, 0.5), Percentile.Milliseconds(ticks, 0.1)), bytes);
    }

    /// <summary>A page: what belongs to the user is the same in every row.</summary>
    private static float[] Rows(Contestant c, int count, int seed)
    {
        var random = new Random(seed + count);
        var shared = c.Name == "dcn" ? DcnShared : 9;
        var user = Enumerable.Range(0, shared).Select(_ => (float)random.NextDouble()).ToArray();
        return [.. Enumerable.Range(0, count * c.Width).Select(i => i % c.Width < shared ? user[i % c.Width] : (float)random.NextDouble())];
    }

    private static Scorer Walk(TreeEnsemble trees) => (rows, count, scores) =>
    {
        for (var r = 0; r < count; r++)
            scores[r] = trees.Score(rows.Slice(r * TreeWidth, TreeWidth));
    };

    private static TreeEnsemble Trees(int seed)
    {
        var random = new Random(seed);
        const int Rows = 20_000;
        var features = Enumerable.Range(0, Rows * TreeWidth).Select(_ => (float)random.NextDouble()).ToArray();
        var table = new TrainingTable
        {
            Width = TreeWidth,
            Features = features,
            Labels = [.. Enumerable.Range(0, Rows).Select(r => random.NextDouble() < features[r * TreeWidth] * features[r * TreeWidth + 12] ? 1f : 0f)],
        };
        return TreeTrainer.Train(table, new TreeOptions { Trees = 200, Leaves = 63, Seed = seed }).Ensemble;
    }

    private static DcnNetwork Network(int seed)
    {
        var shape = new DcnShape
        {
            Width = DcnWidth,
            Numeric = [.. Enumerable.Range(0, DcnWidth)],
            Shared = DcnShared,
            Categories = [],
            Cross = 3,
            Deep = [256, 128, 64],
        };
        var random = new Random(seed);
        var parameters = Enumerable.Range(0, new DcnLayout(shape).Length).Select(_ => (float)(random.NextDouble() - 0.5) * 0.1f).ToArray();
        return new DcnNetwork(shape, new float[DcnWidth], [.. Enumerable.Repeat(1f, DcnWidth)], parameters);
    }

    private static async Task<PeerAnswer> PeerAsync(string node, string folder, string modules, List<string> jobs)
    {
        var start = new ProcessStartInfo(node) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "onnx_peer.js"), folder, Path.GetFullPath(modules), string.Join(',', jobs) })
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<PeerAnswer>(output.TrimEnd().Split('\n')[^1], new JsonSerializerOptions(JsonSerializerDefaults.Web))!
            : throw new InvalidOperationException($"onnx_peer.js ended with code {process.ExitCode}: {await errors}");
    }
}
