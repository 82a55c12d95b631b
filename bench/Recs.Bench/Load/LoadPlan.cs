namespace Recs.Bench.Load;

/// <summary>What the load generator sends: pages at a fixed rate, a share of the requests clicks instead.</summary>
internal sealed record LoadPlan
{
    public required int Port { get; init; }

    /// <summary>Requests a second, evenly spaced.</summary>
    public required int Rate { get; init; }

    /// <summary>Seconds before anything is recorded.</summary>
    public required int WarmUpSeconds { get; init; }

    public required int Seconds { get; init; }

    public required int Connections { get; init; }

    public required int PageSize { get; init; }

    /// <summary>Clicks in a thousand requests.</summary>
    public required int ClicksPerThousand { get; init; }

    public required int Seed { get; init; }

    /// <summary>Drawn from evenly.</summary>
    public required IReadOnlyList<string> Users { get; init; }

    public required IReadOnlyList<string> Items { get; init; }
}

/// <summary>What came of it. Latencies are stopwatch ticks from the intended send time, warm-up left out.</summary>
internal sealed record LoadResult
{
    public required long[] Pages { get; init; }

    public required long[] Clicks { get; init; }

    /// <summary>How late requests left, against their intended time: the generator's own share of the latency.</summary>
    public required long[] Lateness { get; init; }

    public required int Errors { get; init; }

    /// <summary>One of the error answers.</summary>
    public required string ErrorSample { get; init; }

    /// <summary>Pages that said something was left out.</summary>
    public required int Degraded { get; init; }

    /// <summary>Pages with as many items as asked.</summary>
    public required int Full { get; init; }

    public required long BodyBytes { get; init; }

    /// <summary>Between the first and the last recorded answer.</summary>
    public required double Seconds { get; init; }

    /// <summary>The generator's own CPU time while recording.</summary>
    public required double CpuSeconds { get; init; }
}
