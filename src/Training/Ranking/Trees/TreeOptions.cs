namespace Recs.Training.Ranking.Trees;

/// <summary>What the trees learn to predict.</summary>
public enum TreeObjective
{
    /// <summary>Log-odds of a label above 0.5, by cross entropy.</summary>
    Logistic,

    /// <summary>The order within each query, by LambdaRank (Burges 2010) with nDCG.</summary>
    LambdaRank,
}

/// <summary>Settings of gradient-boosted trees. Validated before training; a bad one is named with its range.</summary>
public sealed record TreeOptions
{
    public TreeObjective Objective { get; init; } = TreeObjective.Logistic;

    /// <summary>Most trees. Default 200, 1 to 10,000.</summary>
    public int Trees { get; init; } = 200;

    /// <summary>Most leaves of a tree. Default 31, 2 to 4,096.</summary>
    public int Leaves { get; init; } = 31;

    /// <summary>Most edges from root to leaf; unbounded when 0. Default 0, to 64.</summary>
    public int Depth { get; init; }

    /// <summary>Share of each step that is taken. Default 0.1, above 0, at most 1.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>Fewest rows in a leaf. Default 20, 1 to 1,000,000.</summary>
    public int MinRows { get; init; } = 20;

    /// <summary>Least sum of second derivatives in a leaf. Default 0.001, 0 to 1,000,000.</summary>
    public double MinHessian { get; init; } = 1e-3;

    /// <summary>L2 penalty on leaf values. Default 0, 0 to 1,000,000.</summary>
    public double L2 { get; init; }

    /// <summary>Least gain of a split. Default 0, 0 to 1,000,000.</summary>
    public double MinGain { get; init; }

    /// <summary>Bins a feature's values are put in, the missing one not counted. Default 253, 2 to 253.</summary>
    public int Bins { get; init; } = 253;

    /// <summary>Share of the features each tree may use, drawn per tree. Default 1, above 0, at most 1.</summary>
    public double FeatureShare { get; init; } = 1;

    /// <summary>Share of the rows (or queries) each tree is grown on, drawn per tree. Default 1, above 0, at most 1.</summary>
    public double RowShare { get; init; } = 1;

    /// <summary>Added to the L2 penalty where a split is by categories, which overfit sooner. Default 10, 0 to 1,000,000.</summary>
    public double CategoryL2 { get; init; } = 10;

    /// <summary>Added to a category's second derivatives when categories are put in order. Default 10, 0 to 1,000,000.</summary>
    public double CategorySmoothing { get; init; } = 10;

    /// <summary>Most categories on the smaller side of a split. Default 32, 1 to 253.</summary>
    public int MaxCategories { get; init; } = 32;

    /// <summary>Stops after this many trees without a better validation figure; never when 0. Default 0, to 10,000.</summary>
    public int Patience { get; init; }

    /// <summary>LambdaRank: pairs need one item among this many best-scored. Default 30, 1 to 10,000.</summary>
    public int Truncation { get; init; } = 30;

    public int Seed { get; init; } = 1;

    /// <summary>Worker threads; all cores when 0. The trees do not depend on it.</summary>
    public int Threads { get; init; }

    internal void Check()
    {
        Whole("trees", Trees, 1, 10_000);
        Whole("leaves", Leaves, 2, 4_096);
        Whole("depth", Depth, 0, 64);
        Share("learningRate", LearningRate);
        Whole("minRows", MinRows, 1, 1_000_000);
        Real("minHessian", MinHessian);
        Real("l2", L2);
        Real("minGain", MinGain);
        Whole("bins", Bins, 2, 253);
        Share("featureShare", FeatureShare);
        Share("rowShare", RowShare);
        Real("categoryL2", CategoryL2);
        Real("categorySmoothing", CategorySmoothing);
        Whole("maxCategories", MaxCategories, 1, 253);
        Whole("patience", Patience, 0, 10_000);
        Whole("truncation", Truncation, 1, 10_000);
        Whole("threads", Threads, 0, 1_024);

        static void Whole(string field, int value, int least, int most)
        {
            if (value < least || value > most)
                throw RecommenderException.Invalid(field, value, $"{least} to {most}");
        }

        static void Share(string field, double value)
        {
            if (!(value is > 0 and <= 1))
                throw RecommenderException.Invalid(field, value, "above 0, at most 1");
        }

        static void Real(string field, double value)
        {
            if (!(value is >= 0 and <= 1_000_000))
                throw RecommenderException.Invalid(field, value, "0 to 1000000");
        }
    }
}
