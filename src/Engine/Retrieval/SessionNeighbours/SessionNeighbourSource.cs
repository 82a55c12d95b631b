using System.Text;

namespace Recs.Engine.Retrieval.SessionNeighbours;

/// <summary>
/// What visits like the present one went on to, everybody's clicks up to this moment counting
/// (<see cref="SessionNeighbourQuery"/>). Finds nothing on "similar to" pages, and nothing once the visit is over.
/// </summary>
public sealed class SessionNeighbourSource(SessionNeighbourIndex index) : ICandidateSource
{
    [ThreadStatic]
    private static SessionNeighbourQuery? _query;

    public string Name => "sessions";

    public bool IsReady(RetrievalContext context) => true;

    public ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken)
    {
        if (context.SeedItem >= 0)
            return ValueTask.CompletedTask;
        Span<int> visit = stackalloc int[64];
        var count = FillVisit(context, visit);
        if (count == 0)
            return ValueTask.CompletedTask;
        var query = _query ??= new SessionNeighbourQuery();
        query.Run(index, visit[..count], context.NowMs, KeyOf(context.Session.UserId));
        cancellationToken.ThrowIfCancellationRequested();

        var scratch = SourceScratch.Current;
        scratch.Top.Reset(context.Limit);
        for (var i = 0; i < query.Items.Length; i++)
        {
            if (query.Scores[i] > 0 && context.Eligible[query.Items[i]])
                scratch.Top.Add(query.Items[i], query.Scores[i]);
        }

        foreach (var key in scratch.Top.Ordered())
        {
            var item = TopSelector.ItemOf(key);
            candidates.Add(item, TopSelector.ScoreOf(key), query.BecauseOf(item));
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Hash of a user's id; 0, which stands for nobody, does not come out.</summary>
    public static ulong KeyOf(string userId)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(Limits.MaxIdLength)];
        return userId.Length > Limits.MaxIdLength
            ? XxHash64.Hash(Encoding.UTF8.GetBytes(userId)) | 1
            : XxHash64.Hash(bytes[..Encoding.UTF8.GetBytes(userId, bytes)]) | 1;
    }

    /// <summary>Items of the newest events without a gap, oldest first.</summary>
    private int FillVisit(RetrievalContext context, Span<int> visit)
    {
        var recent = context.Session.Recent;
        var (from, later) = (recent.Length, context.NowMs);
        while (from > 0 && recent.Length - from < visit.Length && later - recent[from - 1].AtMs <= index.Options.VisitGap.TotalMilliseconds)
            later = recent[--from].AtMs;
        var count = 0;
        for (var i = from; i < recent.Length; i++)
        {
            if (Feedback.Strength(recent[i].Type, null) > 0)
                visit[count++] = recent[i].Item;
        }

        return count;
    }
}
