namespace Recs.Bench.Suites;

/// <summary>One configuration of one index. A peer's results file holds one a line, as JSON with these names.</summary>
/// <param name="Peer">"ours", or who.</param>
/// <param name="Params">Its knobs.</param>
/// <param name="Recall">Of the exact 100 nearest.</param>
/// <param name="Qps">Queries a second, by the clock on the wall.</param>
/// <param name="BuildSeconds">From vectors in memory to the first search.</param>
/// <param name="BytesPerVector">Everything that is held; 0 where the peer does not say.</param>
internal sealed record RetrievalPoint(string Peer, string Params, double Recall, double Qps, double BuildSeconds, double BytesPerVector)
{
    public double Recall10 { get; init; }

    public int Threads { get; init; } = 1;

    /// <summary>Queries per second of CPU time of their threads: what a loaded machine distorts least. 0 where unknown.</summary>
    public double CpuQps { get; init; }

    public double AllocatedPerQuery { get; init; }

    /// <summary>Which set it was measured on; empty for any.</summary>
    public string Set { get; init; } = "";
}
