using Orleans.Concurrency;

namespace Recs.Grains;

/// <summary>
/// What any silo can answer from what every silo holds (a stateless worker): pages for nobody in particular, items,
/// models, rules.
/// </summary>
[Alias("recs.pages")]
public interface IPageGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// A page for a user whose grain did not answer in time: made without its session, which the page says.
    /// </summary>
    [Alias("recommend")]
    [return: Immutable]
    Task<Page> RecommendWithoutSessionAsync([Immutable] PageRequest request);

    [Alias("similar")]
    [return: Immutable]
    Task<Page> SimilarAsync([Immutable] SimilarRequest request);

    [Alias("trending")]
    [return: Immutable]
    Task<Page> TrendingAsync([Immutable] TrendingRequest request);

    [Alias("item")]
    [return: Immutable]
    Task<Item?> GetItemAsync(string itemId);

    [Alias("models")]
    [return: Immutable]
    Task<IReadOnlyList<ModelInfo>> ModelsAsync();

    [Alias("rules")]
    [return: Immutable]
    Task<RuleSet> RulesAsync();
}
