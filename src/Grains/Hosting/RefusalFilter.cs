namespace Recs.Grains.Hosting;

/// <summary>
/// Lets a refusal travel: it leaves a grain as <see cref="RefusalException"/> and comes back as what it was. What a storage
/// or stream provider throws does not travel as it is, for its caller may not know the type: it leaves as an
/// <see cref="OrleansException"/>, which says that the call's fate is not known.
/// </summary>
internal sealed class RefusalFilter : IIncomingGrainCallFilter, IOutgoingGrainCallFilter
{
    /// <summary>Namespaces that every silo and client has.</summary>
    private static readonly string[] Homes = ["System", "Orleans", "Recs"];

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (RecommenderException refusal)
        {
            throw new RefusalException(refusal);
        }
        catch (Exception e) when (!Travels(e))
        {
            throw new OrleansException($"{e.GetType().Name}: {e.Message}");
        }
    }

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (RefusalException refusal)
        {
            throw refusal.ToEngine();
        }
    }

    private static bool Travels(Exception e)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause.GetType().Namespace is not { } home || !Homes.Any(h => home == h || home.StartsWith(h + ".", StringComparison.Ordinal)))
                return false;
        }

        return true;
    }
}
