namespace Recs.Grains.Control;

/// <summary>The silos that serve now, and their agents. Thread-safe.</summary>
internal sealed class Silos(IClusterMembershipService membership, IGrainFactory grains, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Addresses of the active silos, in order.</summary>
    public IReadOnlyList<SiloAddress> Active() =>
        [.. membership.CurrentSnapshot.Members.Values.Where(m => m.Status == SiloStatus.Active).Select(m => m.SiloAddress).Order(Comparer<SiloAddress>.Create((a, b) => a.CompareTo(b)))];

    /// <summary>False once a silo is known to leave or to have left. A silo that the membership does not show yet is on its way in.</summary>
    public bool IsThere(string silo) =>
        membership.CurrentSnapshot.GetSiloStatus(SiloAddress.FromParsableString(silo)) is not (SiloStatus.Dead or SiloStatus.ShuttingDown or SiloStatus.Stopping);

    public ISiloAgentGrain Agent(string silo) => grains.GetGrain<ISiloAgentGrain>(silo);

    /// <summary>
    /// Does something on several silos at once, on each of them until it succeeds or the silo leaves the cluster.
    /// Returns the silos that had not done it when the time was up.
    /// </summary>
    public async Task<IReadOnlyList<string>> OnEachAsync(IEnumerable<string> silos, Func<ISiloAgentGrain, Task> call, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience, time);
        var results = await Task.WhenAll(silos.Select(async silo => (silo, done: await OnOneAsync(silo, call, deadline.Token))));
        return [.. results.Where(r => !r.done).Select(r => r.silo)];
    }

    private async Task<bool> OnOneAsync(string silo, Func<ISiloAgentGrain, Task> call, CancellationToken deadline)
    {
        while (IsThere(silo))
        {
            try
            {
                await call(Agent(silo)).WaitAsync(deadline);
                return true;
            }
            catch (Exception e) when (e is OrleansException or TimeoutException or IOException)
            {
                await Task.Delay(Pause, time, deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                return false;
            }

            if (deadline.IsCancellationRequested)
                return false;
        }

        return true;
    }
}
