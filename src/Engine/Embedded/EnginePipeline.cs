using Recs.Engine.Policies;

namespace Recs.Engine.Embedded;

/// <summary>Puts the page pipeline together over one running core.</summary>
internal static class EnginePipeline
{
    public static PagePipeline Create(EmbeddedCore core, IReadOnlyList<ICandidateSource> extraSources)
    {
        var pinned = new PinnedSource(core.Catalog, core.Rules, core.Time);
        var standard = new CandidateSources(core.Catalog, core.Counters, core.Visits);
        return new PagePipeline(new PipelineParts
        {
            Catalog = core.Catalog,
            Sources = new Dictionary<PageKind, IReadOnlyList<ICandidateSource>>
            {
                [PageKind.Personal] = [.. standard.Personal, .. extraSources, pinned],
                [PageKind.Similar] = [.. standard.Similar, pinned],
                [PageKind.Trending] = [.. standard.Trending, pinned],
            },
            Scorer = new LocalScorer(new FeatureAssembler(core.Catalog, core.Counters)),
            Rules = core.Rules,
            Scoring = core.Scoring,
            Shadow = core.Shadow,
            Metrics = core.Metrics,
            Time = core.Time,
            Logger = core.Logger,
            EventOrdinal = () => core.EventLog.NextOrdinal,
            Options = new PipelineOptions
            {
                CandidatesPerSource = core.Options.CandidatesPerSource,
                MaxCategoryShare = core.Options.MaxCategoryShare,
                ExplorationSlots = core.Options.ExplorationSlots,
                FeatureLogShare = core.Options.FeatureLogShare,
                Seed = core.Options.Seed,
            },
        });
    }
}
