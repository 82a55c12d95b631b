using System.Runtime.InteropServices;
using Recs.Engine.Ranking.Objectives;

namespace Recs.Engine.Pipeline;

/// <summary>One page while it is made. Used by one call at a time.</summary>
internal sealed class PageRun
{
    public PageRun(PagePlan plan, RecommenderModel? trained, PipelineParts parts)
    {
        Plan = plan;
        Trained = trained;
        At = parts.Time.GetUtcNow();
        NowMs = At.ToUnixTimeMilliseconds();
        EventOrdinal = parts.EventOrdinal?.Invoke() ?? -1;
        var id = plan.RequestId ?? Guid.CreateVersion7(At);
        RequestId = id.ToString("N");
        Seed = SeedOf(id, parts.Options.Seed);
        // A page that is made again is ranked for what it was ranked for then.
        Objective = plan.Kind != PageKind.Personal ? null : plan.RequestId is null ? parts.Scoring.Current.For(plan.Surface) : plan.Objective;
        UserVector = trained is null ? null : FoldIn.VectorFor(plan.Session, trained);
        if (plan.SessionLate)
            Degraded.Add("session");
    }

    public PagePlan Plan { get; }

    /// <summary>Where the event log ended when the page was begun; -1 without one.</summary>
    public long EventOrdinal { get; }

    /// <summary>Null before the first model.</summary>
    public RecommenderModel? Trained { get; }

    public RecommenderModel Model => Trained ?? UntrainedModel.Instance;

    public DateTimeOffset At { get; }

    public long NowMs { get; }

    public string RequestId { get; }

    /// <summary>Everything drawn for this page comes from this; it follows from the request id, so a page can be made again.</summary>
    public int Seed { get; }

    public float[]? UserVector { get; }

    /// <summary>Null where clicks alone count.</summary>
    public ObjectiveWeights? Objective { get; }

    public List<string> Degraded { get; } = [];

    public RetrievalContext Context { get; set; } = null!;

    public CandidateSet Candidates { get; set; } = null!;

    /// <summary>Null when the order is that of the sources.</summary>
    public ScoredCandidates? Scored { get; set; }

    /// <summary>What was given to the scorer; null on pages that are not ranked by the model.</summary>
    public RankingRequest? Ranking { get; set; }

    public float[] Scores { get; set; } = [];

    public IReadOnlyList<Placement> Placements { get; set; } = [];

    public void Note(FanOutResult fanOut)
    {
        foreach (var outcome in fanOut.Outcomes)
        {
            if (outcome.Late)
                Degraded.Add(outcome.Source);
        }
    }

    /// <summary>Gives the memory of the page to other pages, except for what somebody else may still read.</summary>
    /// <param name="fanOut">What the sources found.</param>
    /// <param name="keepCandidates">Somebody reads the candidates.</param>
    public void Release(FanOutResult fanOut, bool keepCandidates)
    {
        Scored?.Release();
        foreach (var outcome in fanOut.Outcomes)
            outcome.Candidates?.Release();
        // A scorer that was not waited for may be reading still.
        if (!keepCandidates && (Ranking is null || Scored is not null))
            Candidates.Release();
    }

    private static int SeedOf(Guid id, int seed)
    {
        var words = MemoryMarshal.Cast<Guid, int>([id]);
        return words[0] ^ words[1] ^ words[2] ^ words[3] ^ seed;
    }
}
