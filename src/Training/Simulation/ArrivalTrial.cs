namespace Recs.Training.Simulation;

/// <summary>How new items are met.</summary>
public sealed record ArrivalOptions
{
    /// <summary>Minutes played after the items have arrived. Default 60, 1 to 10,000.</summary>
    public int Minutes { get; init; } = 60;

    /// <summary>Pages asked for in each minute, by users drawn evenly. Default 60, 1 to 100,000.</summary>
    public int PagesPerMinute { get; init; } = 60;

    /// <summary>Items of a page. Default 20.</summary>
    public int PageSize { get; init; } = 20;

    /// <summary>Share of the users who are an item's audience: those most likely to click it. Default 0.1.</summary>
    public double AudienceShare { get; init; } = 0.1;

    public int Seed { get; init; } = 1;
}

/// <param name="ItemId">The new item.</param>
/// <param name="MinutesToAudience">Minutes from its arrival to the first page of its audience with it; null when there was none.</param>
/// <param name="AudiencePages">Pages of its audience after it arrived.</param>
/// <param name="AudienceShown">Those with the item.</param>
/// <param name="RandomPages">Pages of as many users drawn at random.</param>
/// <param name="RandomShown">Those with the item.</param>
public sealed record ItemArrival(string ItemId, double? MinutesToAudience, int AudiencePages, int AudienceShown, int RandomPages, int RandomShown);

/// <param name="Items">By item.</param>
/// <param name="NewShare">Share of all places of pages that held a new item.</param>
/// <param name="ClickRate">True mean click probability of what was shown.</param>
/// <param name="NewClickRate">The same of the new items that were shown.</param>
public sealed record ArrivalResult(IReadOnlyList<ItemArrival> Items, double NewShare, double ClickRate, double NewClickRate)
{
    /// <summary>Minutes within which a share of the items was on a page of its audience; infinity when fewer were.</summary>
    public double MinutesFor(double share)
    {
        var reached = Items.Select(static i => i.MinutesToAudience ?? double.PositiveInfinity).Order().ToArray();
        return reached[Math.Clamp((int)Math.Ceiling(share * reached.Length) - 1, 0, reached.Length - 1)];
    }

    /// <summary>How much likelier a page of an item's audience holds the item than one of users drawn at random; infinity when those never do.</summary>
    public double AudienceLift
    {
        get
        {
            double Rate(Func<ItemArrival, int> shown, Func<ItemArrival, int> pages) => (double)Items.Sum(shown) / Math.Max(1, Items.Sum(pages));
            return Rate(static i => i.AudienceShown, static i => i.AudiencePages) / Rate(static i => i.RandomShown, static i => i.RandomPages);
        }
    }
}

/// <summary>
/// Lets new items arrive in a world whose truth is known, plays users who click by that truth, and sees when each item is
/// on a page of those who would like it. Time is the recommender's own clock, moved from here. Seeded.
/// </summary>
public static class ArrivalTrial
{
    /// <summary>The newest items of a world, to be kept from the catalogue and from its history until they arrive.</summary>
    public static IReadOnlyList<Item> NewestOf(DemoWorld world, int count) =>
        [.. world.Items.OrderByDescending(static i => i.CreatedAt).ThenBy(static i => i.Id, StringComparer.Ordinal).Take(count)];

    /// <param name="recommender">Knows the world without the arriving items.</param>
    /// <param name="world">The truth.</param>
    /// <param name="arriving">Items that arrive at the beginning, as created then.</param>
    /// <param name="users">Who asks for pages.</param>
    /// <param name="start">Time of the beginning.</param>
    /// <param name="setNow">Moves the recommender's clock.</param>
    /// <param name="options">How long, how often.</param>
    public static async Task<ArrivalResult> RunAsync(
        IRecommender recommender, DemoWorld world, IReadOnlyList<Item> arriving, IReadOnlyList<string> users, DateTimeOffset start,
        Action<DateTimeOffset> setNow, ArrivalOptions options)
    {
        var random = new Random(options.Seed);
        var tallies = arriving.Select(item => new Tally(item.Id, Audience(world, users, item.Id, start, options), Drawn(users, options, random)))
            .ToDictionary(static t => t.ItemId, StringComparer.Ordinal);
        setNow(start);
        await recommender.UpsertItemsAsync([.. arriving.Select(item => item with { CreatedAt = start })]).ConfigureAwait(false);
        var (places, newPlaces, rate, newRate) = (0, 0, 0.0, 0.0);
        for (var n = 0; n < options.Minutes * options.PagesPerMinute; n++)
        {
            var minutes = (n + 1.0) / options.PagesPerMinute;
            var now = start.AddMinutes(minutes);
            setNow(now);
            var user = users[random.Next(users.Count)];
            var page = await recommender.RecommendAsync(new PageRequest { UserId = user, Count = options.PageSize, Deadline = Limits.MaxDeadline }).ConfigureAwait(false);
            foreach (var item in page.Items)
            {
                var probability = world.ClickProbability(user, item.Id, now);
                (places, rate) = (places + 1, rate + probability);
                if (tallies.ContainsKey(item.Id))
                    (newPlaces, newRate) = (newPlaces + 1, newRate + probability);
            }

            var shown = page.Items.Select(static i => i.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var tally in tallies.Values)
                tally.Count(user, shown.Contains(tally.ItemId), minutes);
            var clicked = world.Clicks(user, page.Items.Select(static i => i.Id), now, random);
            if (clicked.Count > 0)
            {
                await recommender.ObserveAsync([.. clicked.Select(item => new Interaction
                {
                    UserId = user,
                    ItemId = item,
                    Type = InteractionType.Click,
                    RequestId = page.RequestId,
                })]).ConfigureAwait(false);
            }
        }

        return new ArrivalResult(
            [.. tallies.Values.Select(static t => t.Result)], (double)newPlaces / Math.Max(1, places), rate / Math.Max(1, places),
            newRate / Math.Max(1, newPlaces));
    }

    private static HashSet<string> Audience(DemoWorld world, IReadOnlyList<string> users, string item, DateTimeOffset at, ArrivalOptions options) =>
        users.OrderByDescending(user => world.ClickProbability(user, item, at)).ThenBy(static u => u, StringComparer.Ordinal)
            .Take(SizeOf(users, options)).ToHashSet(StringComparer.Ordinal);

    private static HashSet<string> Drawn(IReadOnlyList<string> users, ArrivalOptions options, Random random)
    {
        var drawn = users.ToArray();
        random.Shuffle(drawn);
        return drawn.Take(SizeOf(users, options)).ToHashSet(StringComparer.Ordinal);
    }

    private static int SizeOf(IReadOnlyList<string> users, ArrivalOptions options) => Math.Max(1, (int)(users.Count * options.AudienceShare));

    private sealed class Tally(string itemId, HashSet<string> audience, HashSet<string> drawn)
    {
        private double? _first;
        private int _audiencePages, _audienceShown, _drawnPages, _drawnShown;

        public string ItemId => itemId;

        public ItemArrival Result => new(itemId, _first, _audiencePages, _audienceShown, _drawnPages, _drawnShown);

        public void Count(string user, bool shown, double minutes)
        {
            if (audience.Contains(user))
            {
                _audiencePages++;
                _audienceShown += shown ? 1 : 0;
                if (shown)
                    _first ??= minutes;
            }

            if (drawn.Contains(user))
            {
                _drawnPages++;
                _drawnShown += shown ? 1 : 0;
            }
        }
    }
}
