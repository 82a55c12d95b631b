using Orleans.Serialization.Cloning;
using Orleans.Serialization.Configuration;
using Recs.Engine.Ranking.Shadow;
using Recs.Grains.Surrogates;

[assembly: TypeManifestProvider(typeof(EngineRecords))]

namespace Recs.Grains.Surrogates;

/// <summary>
/// What the serializer must know of the engine's records beside their surrogates: a name on the wire that outlives a
/// rename, and that they are immutable, so that a call within one silo passes them by reference.
/// </summary>
internal sealed class EngineRecords : TypeManifestProviderBase
{
    protected override void ConfigureInner(TypeManifestOptions options)
    {
        Add<Interaction>("recs.interaction");
        Add<Receipt>("recs.receipt");
        Add<MergeReceipt>("recs.merge-receipt");
        Add<ForgetReceipt>("recs.forget-receipt");
        Add<CatalogReceipt>("recs.catalog-receipt");
        Add<PageRequest>("recs.page-request");
        Add<SimilarRequest>("recs.similar-request");
        Add<TrendingRequest>("recs.trending-request");
        Add<Page>("recs.page");
        Add<PageItem>("recs.page-item");
        Add<PageTimings>("recs.page-timings");
        Add<ItemExplanation>("recs.item-explanation");
        Add<FeatureContribution>("recs.feature-contribution");
        Add<ObjectiveExplanation>("recs.objective-explanation");
        Add<PageExplanation>("recs.page-explanation");
        Add<SourceTrace>("recs.source-trace");
        Add<WhyNot>("recs.why-not");
        Add<UserProfile>("recs.user-profile");
        Add<RecentInteraction>("recs.recent-interaction");
        Add<TermAffinity>("recs.term-affinity");
        Add<Item>("recs.item");
        Add<ModelInfo>("recs.model-info");
        Add<RuleSet>("recs.rule-set");
        Add<Rule>("recs.rule");
        Add<RecommenderStatus>("recs.status");
        Add<LatencySummary>("recs.latency-summary");
        Add<ShadowFigures>("recs.shadow-figures");
        Add<SpaceFigures>("recs.space-figures");

        void Add<TRecord>(string nameOnTheWire)
        {
            options.WellKnownTypeAliases.Add(nameOnTheWire, typeof(TRecord));
            options.Copiers.Add(typeof(ShallowCopier<TRecord>));
        }
    }
}
