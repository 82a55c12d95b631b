using Recs.Engine.Ranking.Objectives;
using Recs.Engine.Tests.Retrieval;

namespace Recs.Engine.Tests.Ranking;

/// <summary>Requests for the scorer, out of a small seeded shop.</summary>
internal static class ScoringRequests
{
    public static RankingRequest Of(RetrievalWorld world, RecommenderModel model, ObjectiveWeights? objective = null, int historyLength = 12)
    {
        var session = world.Session(historyLength);
        var context = world.Context(session, 0.8, 60);
        var sources = new CandidateSources(world.Catalog, world.Counters, world.Visits).Personal;
        return new RankingRequest
        {
            Session = session,
            Model = model,
            UserVector = context.UserVector,
            Candidates = CandidateMerger.Merge(sources.Select(s => s.Name).ToArray(), sources.Select(s => RetrievalWorld.Run(s, context)).ToArray(), int.MaxValue),
            NowMs = RetrievalWorld.Now,
            Surface = "home",
            Objective = objective,
        };
    }

    /// <summary>The world's model under another version and with other rankers.</summary>
    public static RecommenderModel Model(RetrievalWorld world, string version, IRanker? ranker = null, IRanker? conversion = null) => new()
    {
        Manifest = world.Model.Manifest with { Version = version },
        Factors = world.Model.Factors,
        Neighbours = world.Model.Neighbours,
        Linear = world.Model.Linear,
        Popularity = world.Model.Popularity,
        Ranker = ranker ?? world.Model.Ranker,
        Conversion = conversion,
    };

    /// <summary>Log-odds that are one feature times a weight, plus a bias.</summary>
    public static LogisticRanker OneFeature(string feature, double weight, double bias = 0)
    {
        var (zeros, ones, weights) = (new double[FeatureSchema.Width], new double[FeatureSchema.Width], new double[FeatureSchema.Width]);
        Array.Fill(ones, 1);
        weights[FeatureSchema.IndexOf(feature)] = weight;
        return new LogisticRanker(LogisticRankerParameters.ForSchema(zeros, ones, weights, bias));
    }
}
