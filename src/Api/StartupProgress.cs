namespace Recs.Api;

/// <summary>
/// What the server is doing before it is complete: recovering, making a demo world, training. Pages and consoles
/// show it. Thread-safe; readers get an immutable snapshot.
/// </summary>
public sealed class StartupProgress
{
    private volatile StartupStage _current = new("starting", 0, "", Done: false);

    /// <summary>Raised after every change, on the thread that made it.</summary>
    public event Action<StartupStage>? Changed;

    public StartupStage Current => _current;

    /// <param name="stage">"making the demo world", "training: factorisation".</param>
    /// <param name="share">Share of the stage, 0 to 1; values outside are clamped.</param>
    /// <param name="detail">Figures, for people: "12,000 of 200,000 events".</param>
    public void Report(string stage, double share, string detail = "") => Set(new StartupStage(stage, Math.Clamp(share, 0, 1), detail, Done: false));

    /// <summary>Everything is there.</summary>
    public void Complete(string detail = "") => Set(new StartupStage("ready", 1, detail, Done: true));

    /// <summary>Start-up ended early; what is there is served.</summary>
    public void Fail(string problem) => Set(new StartupStage("failed", 1, problem, Done: true, Failed: true));

    private void Set(StartupStage stage)
    {
        _current = stage;
        Changed?.Invoke(stage);
    }
}

/// <param name="Stage">What is being done; "ready" at the end, "failed" when it did not get there.</param>
/// <param name="Share">Share of the stage, 0 to 1.</param>
/// <param name="Detail">Figures or the problem, for people.</param>
/// <param name="Done">True when nothing more will follow.</param>
/// <param name="Failed">True when start-up ended early.</param>
public sealed record StartupStage(string Stage, double Share, string Detail, bool Done, bool Failed = false);
