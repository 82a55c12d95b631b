using System.Collections.Frozen;

namespace Recs.Training.Simulation;

/// <summary>
/// A seeded world with known tastes: items, users whose interests drift, and a month of sessions. Every draw comes
/// from the seed, so the same options give the same world; the truth stays available for measuring a recommender.
/// Immutable and thread-safe.
/// </summary>
public sealed class DemoWorld
{
    private readonly DemoWorldOptions _options;
    private readonly WorldItem[] _items;
    private readonly UserTaste[] _tastes;
    private readonly FrozenDictionary<string, int> _itemOf;
    private readonly FrozenDictionary<string, int> _userOf;

    private DemoWorld(DemoWorldOptions options)
    {
        _options = options;
        _items = WorldItem.Create(options);
        _tastes = [.. Enumerable.Range(0, options.Users).Select(user => UserTaste.Create(options.Seed, user))];
        Items = [.. _items.Select(item => item.Item)];
        UserIds = [.. Enumerable.Range(1, options.Users).Select(n => $"shopper-{n:D4}")];
        _itemOf = Items.Select((item, i) => (item.Id, i)).ToFrozenDictionary(x => x.Id, x => x.i, StringComparer.Ordinal);
        _userOf = UserIds.Select((id, i) => (id, i)).ToFrozenDictionary(x => x.id, x => x.i, StringComparer.Ordinal);
    }

    public static DemoWorld Create(DemoWorldOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        return new DemoWorld(options);
    }

    public IReadOnlyList<Item> Items { get; }

    public IReadOnlyList<string> UserIds { get; }

    /// <summary>The history in order of time, made as it is enumerated.</summary>
    public IEnumerable<Interaction> History() => new WorldSessions(_options, _items, _tastes, UserIds).Play();

    /// <summary>Probability that the user, shown the item at that time, would click it.</summary>
    public double ClickProbability(string userId, string itemId, DateTimeOffset at) =>
        _tastes[IndexOf(_userOf, "userId", userId)].ClickProbability(_items[IndexOf(_itemOf, "itemId", itemId)], DayOf(at));

    /// <summary>The items of a shown page that the user would click, drawn from the truth.</summary>
    /// <param name="userId">A user of this world.</param>
    /// <param name="shown">Item ids in the order shown.</param>
    /// <param name="at">When.</param>
    /// <param name="random">The draws.</param>
    public IReadOnlyList<string> Clicks(string userId, IEnumerable<string> shown, DateTimeOffset at, Random random) =>
        [.. shown.Where(item => random.NextDouble() < ClickProbability(userId, item, at))];

    private double DayOf(DateTimeOffset at) => (at - _options.End.AddDays(-_options.Days)).TotalDays;

    private static int IndexOf(FrozenDictionary<string, int> ids, string field, string id) =>
        ids.TryGetValue(id, out var index) ? index : throw RecommenderException.Invalid(field, id, "an id of this world");
}

/// <summary>The size of a world. Same options, same world.</summary>
public sealed record DemoWorldOptions
{
    public int Seed { get; init; } = 1;

    /// <summary>Default 5,000, 1 to 1,000,000.</summary>
    public int Items { get; init; } = 5_000;

    /// <summary>Default 2,000, 1 to 1,000,000.</summary>
    public int Users { get; init; } = 2_000;

    /// <summary>Length of the history. Default 30, 1 to 3,650.</summary>
    public int Days { get; init; } = 30;

    /// <summary>The history ends here.</summary>
    public required DateTimeOffset End { get; init; }

    internal void Check()
    {
        if (Items is < 1 or > 1_000_000)
            throw RecommenderException.Invalid("items", Items, "1 to 1000000");
        if (Users is < 1 or > 1_000_000)
            throw RecommenderException.Invalid("users", Users, "1 to 1000000");
        if (Days is < 1 or > 3_650)
            throw RecommenderException.Invalid("days", Days, "1 to 3650");
        if (End < Limits.EarliestTimestamp.AddDays(Days + 701))
            throw RecommenderException.Invalid("end", End.ToString("O"), $"{Limits.EarliestTimestamp.AddDays(Days + 701):O} or later, so that every item arrives in a legal time");
    }
}
