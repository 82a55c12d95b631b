namespace Recs.Engine.Pipeline;

/// <summary>
/// One deadline carried through a page. Retrieval may use up to 70 % of it and ranking up to 95 %, so that a page with a
/// slow part is still made in time from what there is.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _caller;

    private Deadline(TimeSpan left, TimeProvider time, CancellationToken caller)
    {
        _source = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        _caller = caller.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), _source);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>The part of a page's time that ends at <paramref name="share"/> of the whole.</summary>
    /// <param name="started">Timestamp at which the page began.</param>
    /// <param name="whole">The page's deadline.</param>
    /// <param name="share">0 to 1.</param>
    /// <param name="time">The clock that both are by.</param>
    /// <param name="caller">The caller's own token.</param>
    public static Deadline Until(long started, TimeSpan whole, double share, TimeProvider time, CancellationToken caller) =>
        new(whole * share - time.GetElapsedTime(started), time, caller);

    public void Dispose()
    {
        _caller.Dispose();
        _source.Dispose();
    }
}
