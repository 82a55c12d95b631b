using System.Numerics.Tensors;

namespace Recs.Engine.Ranking;

/// <summary>
/// The one place where features are made: pages, impression records and training rows all come from here.
/// What a source would say of an item (als, neighbours, linear, content) is computed here for every candidate from session
/// and model, not taken from the source that happened to return it; but for sessions, whose neighbours are not looked up twice. Rows depend on the request, the catalogue and the
/// counters alone: same inputs, same bytes. Counts are read as of the newest event counted, whatever the clock says.
/// Thread-safe.
/// </summary>
public sealed class FeatureAssembler(ItemCatalog catalog, ItemCounters counters)
{
    // How many candidates are assembled between two looks at the token.
    internal const int Chunk = 64;

    [ThreadStatic]
    private static AssemblerScratch? _scratch;

    public ItemCatalog Catalog { get; } = catalog;

    public ItemCounters Counters { get; } = counters;

    /// <summary>Fills one row per candidate; <paramref name="rows"/> is Count x <see cref="FeatureSchema.Width"/>.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the rows are then incomplete.</exception>
    public void Assemble(RankingRequest request, Span<float> rows, CancellationToken cancellationToken = default)
    {
        var count = request.Candidates.Count;
        if (rows.Length < count * FeatureSchema.Width)
            throw new ArgumentException($"rows held {rows.Length} floats; needed are {count} x {FeatureSchema.Width}.", nameof(rows));

        var scratch = _scratch ??= new AssemblerScratch();
        scratch.Prepare(request, Catalog);
        var counts = Counters.ReadNewest();
        for (var i = 0; i < count; i++)
        {
            if (i % Chunk == 0)
                cancellationToken.ThrowIfCancellationRequested();
            Prefetch(request, counts, i);
            var row = rows.Slice(i * FeatureSchema.Width, FeatureSchema.Width);
            scratch.UserRow.CopyTo(row);
            var counted = counts.Of(request.Candidates.Items[i]);
            FillItem(request, i, in counted, scratch, row);
        }
    }

    // A candidate is a handful of reads from all over memory: without hints most of the time would be waiting for them.
    private void Prefetch(RankingRequest request, in ItemCounters.Reader counts, int at)
    {
        var items = request.Candidates.Items.AsSpan(0, request.Candidates.Count);
        var (factors, popularity) = (request.Model.Factors, request.Model.Popularity);
        if (at + 2 * MemoryHint.Ahead < items.Length && items[at + 2 * MemoryHint.Ahead] is var later)
        {
            Catalog.Traits.Prefetch(later);
            counts.Prefetch(later);
            if ((uint)later < (uint)popularity.Length)
                MemoryHint.Soon(in popularity[later]);
            if ((uint)later < (uint)factors.RowOfItem.Length)
                MemoryHint.Soon(in factors.RowOfItem[later]);
        }

        if (at + MemoryHint.Ahead < items.Length && factors.RowOf(items[at + MemoryHint.Ahead]) is var row and >= 0)
        {
            MemoryHint.Lines(factors.Row(row));
            MemoryHint.Soon(in factors.Norms[row]);
        }
    }

    private void FillItem(RankingRequest request, int candidate, in ItemCounts counts, AssemblerScratch scratch, Span<float> row)
    {
        var model = request.Model;
        var number = request.Candidates.Items[candidate];
        var popularity = (uint)number < (uint)model.Popularity.Length ? model.Popularity[number] : 0f;
        Set(row, Feature.ItemLogRecent, Log1P(counts.Recent));
        Set(row, Feature.ItemLogBaseline, Log1P(counts.Baseline));
        Set(row, Feature.ItemLogPopularity, Log1P(popularity));
        Set(row, Feature.ItemTrend, TrendScore.LogRatio(counts.Recent, counts.Baseline, Counters.Options));
        Set(row, Feature.ItemClickRate, (float)((counts.Clicks + 1) / (counts.Impressions + 20)));

        if (Catalog.Traits.TryRead(number, out var traits))
            FillContent(request, traits, traits.Terms(Catalog), popularity + counts.Baseline, scratch, row);

        var factors = model.Factors;
        var factorRow = factors.RowOf(number);
        if (factorRow >= 0)
        {
            Set(row, Feature.ItemHasFactors, 1);
            if (request.UserVector is { } user)
            {
                var vector = factors.Row(factorRow);
                var score = TensorPrimitives.Dot(user, vector);
                var norms = scratch.UserNorm * factors.Norms[factorRow];
                Set(row, Feature.AlsScore, score);
                Set(row, Feature.AlsCosine, norms > 0 ? score / norms : 0);
            }
        }
        Set(row, Feature.NeighbourScore, scratch.NeighbourScores[candidate]);
        Set(row, Feature.NeighbourBest, scratch.NeighbourBest[candidate]);
        Set(row, Feature.LinearScore, scratch.LinearScores[candidate]);
        Set(row, Feature.TimesSeen, Log1P(scratch.TimesSeen[candidate]));
        Set(row, Feature.SessionScore, scratch.SessionScore(request.Candidates, candidate));

        var found = request.Candidates.SourceBits[candidate];
        for (var f = Feature.FoundByAls; f <= Feature.FoundBySessions; f++)
            Set(row, f, (found & scratch.SourceMasks[f - Feature.FoundByAls]) != 0 ? 1 : 0);
    }

    private static void FillContent(
        RankingRequest request, in ItemTraits item, ItemTerms terms, double popularity, AssemblerScratch scratch, Span<float> row)
    {
        var ageDays = Math.Clamp((request.NowMs - item.CreatedMs) / 86_400_000d, 0, 3_650);
        Set(row, Feature.ItemLogAgeDays, Log1P(ageDays));
        Set(row, Feature.ItemLogTags, Log1P(terms.Tags.Length));
        if (!float.IsNaN(item.LogPrice))
        {
            Set(row, Feature.ItemHasPrice, 1);
            Set(row, Feature.ItemLogPrice, item.LogPrice);
            if (request.Session.PricedEvents > 0)
                Set(row, Feature.PriceDistance, MathF.Abs(item.LogPrice - row[(int)Feature.UserLogPrice]));
        }
        var categoryShare = scratch.Taste.CategoryShare(terms);
        var tagShare = scratch.Taste.TagShare(terms);
        Set(row, Feature.CategoryAffinity, categoryShare);
        Set(row, Feature.TagAffinity, tagShare);
        Set(row, Feature.ContentScore, TasteMatch.Score(TasteMatch.Match(categoryShare, tagShare), popularity));
        Set(row, Feature.SameCategoryAsLast, scratch.SharesLastCategory(terms.Categories) ? 1 : 0);
        Set(row, Feature.CategoryInRecent, scratch.RecentShare(terms.Categories));
    }

    internal static float Log1P(double value) => MathF.Log(1 + (float)value);

    internal static void Set(Span<float> row, Feature feature, float value) => row[(int)feature] = value;
}
