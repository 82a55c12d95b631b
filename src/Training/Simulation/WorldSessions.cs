namespace Recs.Training.Simulation;

/// <summary>
/// Plays the shop before there was a recommender: shelves by popularity, some search. What is clicked is drawn from the
/// users' true probabilities; what is shown is not, so the history is as biased as a real one.
/// </summary>
internal sealed class WorldSessions(DemoWorldOptions options, WorldItem[] items, UserTaste[] tastes, IReadOnlyList<string> userIds)
{
    private const int ShownPerSession = 14;

    /// <summary>Shares of the shown items: the shelf that the user came for, the whole shop; the rest is search.</summary>
    private const double FromShelf = 0.55, FromShop = 0.2;

    /// <summary>Share of sessions whose impressions are logged; all of them would be most of the log.</summary>
    private const double ImpressionShare = 0.25;

    private readonly DateTimeOffset _start = options.End.AddDays(-options.Days);
    private readonly int[][] _shelves = [.. Enumerable.Range(0, Vocabulary.Shelves.Length).Select(c => ByPopularity(items, i => i.Category == c))];
    private readonly int[] _shop = ByPopularity(items, _ => true);

    /// <summary>All events, in order of time, a day at a time.</summary>
    public IEnumerable<Interaction> Play()
    {
        for (var day = 0; day < options.Days; day++)
        {
            var events = new List<Interaction>();
            for (var user = 0; user < tastes.Length; user++)
                PlayDay(user, day, events);
            // A stable order: sessions are played user by user, so equal times keep theirs.
            foreach (var e in events.OrderBy(e => e.Timestamp))
                yield return e;
        }
    }

    private void PlayDay(int user, int day, List<Interaction> events)
    {
        var random = Draws.For(options.Seed, 3, user, day);
        for (var session = Draws.Poisson(random, tastes[user].SessionsPerDay); session > 0; session--)
        {
            // Evenings are busier; a session begins early enough to end before midnight.
            var hour = Math.Clamp(18 + 4 * Draws.Normal(random), 0, 23);
            PlaySession(user, _start.AddDays(day).AddHours(hour), random, events);
        }
    }

    private void PlaySession(int user, DateTimeOffset at, Random random, List<Interaction> events)
    {
        var taste = tastes[user];
        var day = (at - _start).TotalDays;
        var shelf = DrawShelf(taste, day, random);
        var impressions = random.NextDouble() < ImpressionShare;
        var shown = new HashSet<int>();
        for (var n = 0; n < ShownPerSession; n++)
        {
            var item = DrawItem(taste, shelf, day, at, random);
            if (item < 0 || !shown.Add(item))
                continue;
            at = at.AddSeconds(3 + random.Next(25));
            if (impressions)
                Add(user, item, InteractionType.Impression, at, events);
            var probability = taste.ClickProbability(items[item], day);
            if (random.NextDouble() < probability)
                at = FollowClick(user, item, probability, at, random, events);
        }
    }

    private DateTimeOffset FollowClick(int user, int item, double probability, DateTimeOffset at, Random random, List<Interaction> events)
    {
        at = at.AddSeconds(1);
        Add(user, item, InteractionType.Click, at, events);
        if (random.NextDouble() < 0.12 * (0.5 + probability))
            Add(user, item, InteractionType.Like, at = at.AddSeconds(5 + random.Next(20)), events);
        if (random.NextDouble() < 0.25 * (0.3 + probability))
        {
            Add(user, item, InteractionType.AddToCart, at = at.AddSeconds(10 + random.Next(60)), events);
            if (random.NextDouble() < 0.5)
            {
                at = at.AddSeconds(20 + random.Next(90));
                events.Add(Event(user, item, InteractionType.Purchase, at) with { Revenue = items[item].Item.Price });
                if (random.NextDouble() < 0.15)
                    events.Add(Event(user, item, InteractionType.Rating, at = at.AddSeconds(30)) with { Weight = probability > 0.35 ? 5 : probability > 0.15 ? 4 : 2 });
            }
        }
        else if (random.NextDouble() < 0.03 * (1 - probability))
        {
            Add(user, item, InteractionType.Hide, at = at.AddSeconds(4), events);
        }

        return at;
    }

    private static int DrawShelf(UserTaste taste, double day, Random random)
    {
        var shelves = Vocabulary.Shelves.Length;
        Span<double> weights = stackalloc double[shelves];
        var sum = 0.0;
        for (var c = 0; c < shelves; c++)
            sum += weights[c] = 0.02 + taste.Category(c, day);
        var left = random.NextDouble() * sum;
        var chosen = 0;
        while (chosen < shelves - 1 && (left -= weights[chosen]) > 0)
            chosen++;
        return chosen;
    }

    // -1 when the draw fell on an item that had not arrived yet.
    private int DrawItem(UserTaste taste, int shelf, double day, DateTimeOffset at, Random random)
    {
        var kind = random.NextDouble();
        var item = kind < FromShelf ? Draw(_shelves[shelf], random)
            : kind < FromShelf + FromShop ? Draw(_shop, random)
            : Search(taste, shelf, day, random);
        return item >= 0 && items[item].CreatedAt <= at ? item : -1;
    }

    // Somebody who searches finds something nearer to their taste than chance would.
    private int Search(UserTaste taste, int shelf, double day, Random random)
    {
        const int Looks = 5;
        var (best, bestProbability) = (-1, -1.0);
        for (var look = 0; look < Looks && _shelves[shelf].Length > 0; look++)
        {
            var item = _shelves[shelf][random.Next(_shelves[shelf].Length)];
            var probability = taste.ClickProbability(items[item], day);
            if (probability > bestProbability)
                (best, bestProbability) = (item, probability);
        }

        return best;
    }

    // Zipf-like: the square of an even draw prefers the front of the order.
    private static int Draw(int[] order, Random random) =>
        order.Length == 0 ? -1 : order[(int)(order.Length * Math.Pow(random.NextDouble(), 2.2))];

    private static int[] ByPopularity(WorldItem[] items, Func<WorldItem, bool> among) =>
        [.. Enumerable.Range(0, items.Length).Where(i => among(items[i])).OrderByDescending(i => items[i].Quality).ThenBy(i => i)];

    private void Add(int user, int item, InteractionType type, DateTimeOffset at, List<Interaction> events) =>
        events.Add(Event(user, item, type, at));

    private Interaction Event(int user, int item, InteractionType type, DateTimeOffset at) => new()
    {
        UserId = userIds[user],
        ItemId = items[item].Item.Id,
        Type = type,
        Timestamp = at,
    };
}
