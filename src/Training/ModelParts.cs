using Recs.Training.Data;
using Recs.Training.Factorization;
using Recs.Training.Linear;
using Recs.Training.Neighbours;
using Recs.Training.OfflineModels;

namespace Recs.Training;

/// <summary>What a model is made of before it has a ranker.</summary>
internal sealed record ModelParts(ItemFactors Factors, ItemNeighbours Neighbours, ItemNeighbours Linear, float[] Popularity, double Loss)
{
    /// <summary>A model of these parts, for this process.</summary>
    public RecommenderModel With(IRanker ranker, ModelManifest manifest, IRanker? conversion = null) => new()
    {
        Manifest = manifest,
        Factors = Factors,
        Neighbours = Neighbours,
        Linear = Linear,
        Popularity = Popularity,
        Ranker = ranker,
        Conversion = conversion,
    };
}

/// <summary>Trains the parts on the first events of a data set.</summary>
internal sealed class ModelPartsTrainer(
    EventColumns events, ItemCatalog catalog, TrainingOptions options, TimeProvider time, CancellationToken cancellationToken)
{
    /// <param name="end">Events trained on: those before this position.</param>
    /// <param name="progress">Share of the factorisation done, and what was done.</param>
    public ModelParts Train(int end, Action<double, string> progress)
    {
        var histories = UserHistories.Of(events, end);
        var items = catalog.Count;
        var (factors, loss) = Factorise(histories, items, progress);
        cancellationToken.ThrowIfCancellationRequested();
        var neighbours = CoOccurrence.Count(
            histories, items, new CoOccurrenceOptions { Neighbours = options.Neighbours, Threads = options.Threads }, cancellationToken);
        var popularity = DecayedPopularity.Count(events, end, items, new ItemCounterOptions().LongHalfLife);
        return new ModelParts(factors, neighbours, Weights(histories, items), popularity, loss);
    }

    private ItemNeighbours Weights(UserHistories histories, int items)
    {
        if (options.LinearItems == 0)
            return ItemNeighbours.None;
        // A history counts with its newest items only, as the source and the feature read it.
        return LinearItemModel.Fit(
            histories.Newest(LinearSource.HistoryCap, items),
            new LinearItemOptions { Lambda = options.LinearLambda, MaxItems = options.LinearItems, Kept = options.Neighbours },
            new FitContext(options.Seed, options.Threads, CancellationToken: cancellationToken));
    }

    private (ItemFactors Factors, double Loss) Factorise(UserHistories histories, int items, Action<double, string> progress)
    {
        var matrix = histories.ToMatrix(out var itemOfRow);
        var als = new ImplicitAls(
            matrix,
            new AlsOptions(options.Rank, options.Alpha, options.UnobservedWeight, options.Lambda, options.RegularizationExponent)
            {
                Seed = options.Seed,
                Threads = options.Threads,
            },
            cancellationToken);
        var loss = double.NaN;
        for (var epoch = 1; epoch <= options.Epochs; epoch++)
        {
            var started = time.GetTimestamp();
            als.UserStep();
            als.ItemStep();
            loss = als.Loss();
            var seconds = time.GetElapsedTime(started).TotalSeconds;
            progress((double)epoch / options.Epochs,
                FormattableString.Invariant($"epoch {epoch} of {options.Epochs}, loss {loss:0.0000}, {seconds:0.00} s"));
        }

        var rowOfItem = new int[items];
        Array.Fill(rowOfItem, -1);
        for (var row = 0; row < itemOfRow.Length; row++)
            rowOfItem[itemOfRow[row]] = row;
        var values = als.ItemFactors();
        return (new ItemFactors
        {
            Rank = options.Rank,
            ItemOfRow = itemOfRow,
            RowOfItem = rowOfItem,
            Values = values,
            Gramian = Gramian.Of(values, itemOfRow.Length, options.Rank),
            Alpha = options.Alpha,
            UnobservedWeight = options.UnobservedWeight,
            Lambda = options.Lambda,
            RegularizationExponent = options.RegularizationExponent,
        }, loss);
    }
}
