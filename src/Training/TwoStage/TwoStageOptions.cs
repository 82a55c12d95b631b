namespace Recs.Training.TwoStage;

/// <summary>What decides the order of the candidates.</summary>
public enum SecondStage
{
    /// <summary>A weighted sum, its weights those under which the right items are most likely chosen.</summary>
    Linear,

    /// <summary>Boosted trees by LambdaRank, the weighted sum among their features.</summary>
    Trees,
}

/// <summary>How the second stage is learned.</summary>
public sealed record TwoStageOptions
{
    public SecondStage Ranker { get; init; } = SecondStage.Trees;

    /// <summary>Candidates taken from each part. Default 100, 1 to 10,000.</summary>
    public int Candidates { get; init; } = 100;

    /// <summary>Queries learned from; drawn where there are more. Default 6,000.</summary>
    public int MaxQueries { get; init; } = 6_000;

    /// <summary>Ridge of the weighted sum, per query. Default 0.001.</summary>
    public double Ridge { get; init; } = 1e-3;

    /// <summary>Moves the weights on for nDCG: for queries with many right items. Default false.</summary>
    public bool Ascent { get; init; }

    public int Trees { get; init; } = 400;

    public int Leaves { get; init; } = 15;

    public double LearningRate { get; init; } = 0.05;

    /// <summary>Share of the queries that say when to stop growing trees. Default 0.2.</summary>
    public double StoppingShare { get; init; } = 0.2;
}
