namespace Recs.Engine.Models;

/// <summary>
/// Stands in before the first model: no factors, no neighbours, the hand-set ranker. Pages made with it say that they
/// used no model.
/// </summary>
internal static class UntrainedModel
{
    public static readonly RecommenderModel Instance = new()
    {
        Manifest = new ModelManifest
        {
            Version = "",
            CreatedAt = default,
            DataFrom = default,
            DataTo = default,
            Events = 0,
            Users = 0,
            Items = 0,
            NextOrdinal = 0,
            Seed = 0,
            Hyperparameters = new Dictionary<string, double>(),
            Metrics = new Dictionary<string, double>(),
            FeatureSchemaHash = FeatureSchema.Hash,
            Files = new Dictionary<string, string>(),
        },
        Factors = new ItemFactors
        {
            Rank = 1,
            ItemOfRow = [],
            RowOfItem = [],
            Values = [],
            Gramian = [0],
            Alpha = 1,
            UnobservedWeight = 1,
            Lambda = 1,
            RegularizationExponent = 1,
        },
        Neighbours = new ItemNeighbours { Offsets = [0], Items = [], Scores = [] },
        Popularity = [],
        Ranker = FallbackRanker.Instance,
    };
}
