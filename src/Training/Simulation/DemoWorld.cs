namespace Recs.Training.Simulation;

/// <summary>
/// A seeded world with known tastes: items, users whose interests drift, and a month of sessions. Every draw comes
/// from the seed, so the same options give the same world; the truth stays available for measuring a recommender.
/// </summary>
public sealed class DemoWorld
{
    public static DemoWorld Create(DemoWorldOptions options) => throw new NotImplementedException();

    public IReadOnlyList<Item> Items => throw new NotImplementedException();

    public IReadOnlyList<string> UserIds => throw new NotImplementedException();

    /// <summary>The history in order of time, made as it is enumerated.</summary>
    public IEnumerable<Interaction> History() => throw new NotImplementedException();

    /// <summary>Probability that the user, shown the item at that time, would click it.</summary>
    public double ClickProbability(string userId, string itemId, DateTimeOffset at) => throw new NotImplementedException();
}

public sealed record DemoWorldOptions
{
    public int Seed { get; init; } = 1;

    public int Items { get; init; } = 5_000;

    public int Users { get; init; } = 2_000;

    public int Days { get; init; } = 30;

    /// <summary>The history ends here.</summary>
    public required DateTimeOffset End { get; init; }
}
