namespace Recs.Engine.Sessions;

/// <summary>A session as people read it. Stateless.</summary>
public static class ProfileView
{
    public static UserProfile Of(UserSession session, ItemCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(catalog);
        var counts = new Dictionary<InteractionType, long>();
        for (var type = 0; type < session.Counts.Length; type++)
        {
            if (session.Counts[type] > 0)
                counts[(InteractionType)type] = session.Counts[type];
        }

        return new UserProfile
        {
            UserId = session.UserId,
            Sequence = session.Sequence,
            FirstSeen = DateTimeOffset.FromUnixTimeMilliseconds(session.FirstSeenMs),
            LastSeen = DateTimeOffset.FromUnixTimeMilliseconds(session.LastSeenMs),
            Counts = counts,
            Recent = [.. session.Recent.Reverse().Select(e =>
                new RecentInteraction(catalog.IdOf(e.Item), e.Type, DateTimeOffset.FromUnixTimeMilliseconds(e.AtMs)))],
            Categories = Shares(session.Categories, catalog.Terms),
            Tags = Shares(session.Tags, catalog.Terms),
            Hidden = [.. session.Hidden.Select(catalog.IdOf)],
            SeenItems = session.Seen.Length,
            RetainedHistory = session.History.Length,
            MergedGuests = [.. session.MergedGuests],
        };
    }

    /// <summary>Strongest first, summing to 1; equal ones by name.</summary>
    private static TermAffinity[] Shares(Affinity[] affinities, TermTable terms)
    {
        var total = affinities.Sum(a => (double)a.Weight);
        return affinities
            .Select(a => new TermAffinity(terms.TextOf(a.Term), a.Weight / total))
            .OrderByDescending(a => a.Share)
            .ThenBy(a => a.Name, StringComparer.Ordinal)
            .ToArray();
    }
}
