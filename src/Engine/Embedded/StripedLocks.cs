namespace Recs.Engine.Embedded;

/// <summary>
/// One turn at a time per user, in bounded memory: users share 4,096 locks by hash. Several users are locked in stripe
/// order, so two batches cannot wait for each other.
/// </summary>
internal sealed class StripedLocks
{
    private const int Stripes = 4_096;

    private readonly SemaphoreSlim[] _locks = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    public async ValueTask<Held> LockAsync(IEnumerable<string> users, CancellationToken cancellationToken)
    {
        var stripes = new SortedSet<int>();
        foreach (var user in users)
            stripes.Add(StripeOf(user));

        var held = new List<SemaphoreSlim>(stripes.Count);
        try
        {
            foreach (var stripe in stripes)
            {
                await _locks[stripe].WaitAsync(cancellationToken).ConfigureAwait(false);
                held.Add(_locks[stripe]);
            }
        }
        catch
        {
            new Held(held).Dispose();
            throw;
        }

        return new Held(held);
    }

    /// <summary>Takes one user's lock only if it is free.</summary>
    public Held? TryLock(string user)
    {
        var stripe = _locks[StripeOf(user)];
        return stripe.Wait(0) ? new Held([stripe]) : null;
    }

    private static int StripeOf(string user) => (int)((uint)user.GetHashCode(StringComparison.Ordinal) % Stripes);

    internal readonly struct Held(List<SemaphoreSlim> locks) : IDisposable
    {
        public void Dispose()
        {
            foreach (var held in locks)
                held.Release();
        }
    }
}
