namespace Recs.Engine.Retrieval.SessionNeighbours;

/// <summary>Caps of a <see cref="SessionNeighbourIndex"/>, and how it weighs what it finds.</summary>
public sealed record SessionNeighbourOptions
{
    /// <summary>Visits held; the oldest goes first. Default 200,000, 1 to 10,000,000; about 200 bytes each.</summary>
    public int MaxSessions { get; init; } = 200_000;

    /// <summary>Newest items of a visit that are held. Default 30, 2 to 1,000.</summary>
    public int MaxSessionItems { get; init; } = 30;

    /// <summary>Newest visits with an item that a query looks at, and that an item holds (m). Default 500, 1 to 100,000.</summary>
    public int SessionsPerItem { get; init; } = 500;

    /// <summary>Most similar visits that speak for items (k). Default 200, 1 to 100,000.</summary>
    public int Neighbours { get; init; } = 200;

    /// <summary>Newest distinct items of the asking visit that are looked up. Default 8, 1 to 100.</summary>
    public int QueryItems { get; init; } = 8;

    /// <summary>Steps back after which an item of the asking visit counts 1/e. Default 2.5, above 0.</summary>
    public double QueryDecay { get; init; } = 2.5;

    /// <summary>Steps from the shared item after which an item of a neighbour counts 1/e. Default 3, above 0.</summary>
    public double DistanceDecay { get; init; } = 3;

    /// <summary>What an item before the shared one counts against one after it. Default 0.5, 0 to 1.</summary>
    public double BackwardWeight { get; init; } = 0.5;

    /// <summary>Age after which a neighbour counts 1/e. Default 10 days, above 0.</summary>
    public TimeSpan AgeDecay { get; init; } = TimeSpan.FromDays(10);

    /// <summary>A similarity is divided by the neighbour's length to this power. Default 0.3, 0 to 1.</summary>
    public double LengthPower { get; init; } = 0.3;

    /// <summary>An item's score is multiplied by log(1 + visits / visits with it) to this power. Default 0.2, 0 to 5.</summary>
    public double RarityPower { get; init; } = 0.2;

    /// <summary>What the shared items themselves count when they are asked for again, 0 to 1. Default 1.</summary>
    public double RepeatWeight { get; init; } = 1;

    /// <summary>A gap after which a user's next event begins another visit. Default 30 minutes.</summary>
    public TimeSpan VisitGap { get; init; } = TimeSpan.FromMinutes(30);

    public void Validate()
    {
        Whole("maxSessions", MaxSessions, 1, 10_000_000);
        Whole("maxSessionItems", MaxSessionItems, 2, 1_000);
        Whole("sessionsPerItem", SessionsPerItem, 1, 100_000);
        Whole("neighbours", Neighbours, 1, 100_000);
        Whole("queryItems", QueryItems, 1, 100);
        Number("queryDecay", QueryDecay, double.Epsilon, 1e9);
        Number("distanceDecay", DistanceDecay, double.Epsilon, 1e9);
        Number("backwardWeight", BackwardWeight, 0, 1);
        Number("ageDecay", AgeDecay.TotalSeconds, double.Epsilon, 1e12);
        Number("lengthPower", LengthPower, 0, 1);
        Number("rarityPower", RarityPower, 0, 5);
        Number("repeatWeight", RepeatWeight, 0, 1);
        Number("visitGap", VisitGap.TotalSeconds, 0, 1e9);

        static void Whole(string field, int value, int least, int most)
        {
            if (value < least || value > most)
                throw RecommenderException.Invalid(field, value, $"{least} to {most}");
        }

        static void Number(string field, double value, double least, double most)
        {
            if (!(value >= least && value <= most))
                throw RecommenderException.Invalid(field, value, FormattableString.Invariant($"{least:G3} to {most:G3}"));
        }
    }
}
