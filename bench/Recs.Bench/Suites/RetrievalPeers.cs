using Recs.Bench.Worlds;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Bench.Suites;

/// <summary>
/// Peers that read the set's files and print JSON lines; one that is not installed is named and left out. A program that
/// takes turns (<see cref="PeerTurns"/>) is measured between our own rounds.
/// </summary>
internal static class RetrievalPeers
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static async Task<List<RetrievalPoint>> RunAsync(VectorSet set, string folder, string[] peers)
    {
        var points = new List<RetrievalPoint>();
        var metric = set.Metric == SpaceMetric.Euclidean ? "l2" : "ip";
        foreach (var peer in peers)
        {
            var (program, arguments) = peer switch
            {
                "hnswlib" => (await CompileAsync(folder), new[] { folder, metric }),
                "faiss" => ("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "faiss_peer.py"), folder, metric]),
                _ => throw new ArgumentException($"--peers held '{peer}'; known are hnswlib and faiss."),
            };
            var (code, output) = program.Length == 0 ? (1, "") : await RunAsync(program, arguments);
            if (code == 0)
                points.AddRange(Parse(output.Split('\n'), set.Name));
            else
                Console.WriteLine($"  {peer} is left out: not installed, or it failed (Debian: apt-get install g++ libhnswlib-dev python3-faiss).");
        }

        return points;
    }

    /// <summary>A results file that somebody else wrote on the same files.</summary>
    public static IEnumerable<RetrievalPoint> Read(string file, string set) => Parse(File.ReadLines(file), set);

    public static List<RetrievalPoint> Parse(IEnumerable<string> lines, string set) =>
        [.. lines.Where(l => l.StartsWith('{')).Select(l => JsonSerializer.Deserialize<RetrievalPoint>(l, Json)!).Where(p => p.Set.Length == 0 || p.Set == set)];

    private static async Task<string> CompileAsync(string folder)
    {
        var program = Path.Combine(folder, "hnswlib_peer");
        var (code, _) = await RunAsync("/usr/bin/g++", ["-O3", "-march=native", "-pthread", "-o", program, Path.Combine(AppContext.BaseDirectory, "hnswlib_peer.cpp")]);
        return code == 0 ? program : "";
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments)
    {
        if (!File.Exists(program))
            return (127, "");
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
