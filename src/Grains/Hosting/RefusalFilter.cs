namespace Recs.Grains.Hosting;

/// <summary>Lets a refusal travel: it leaves a grain as <see cref="RefusalException"/> and comes back as what it was.</summary>
internal sealed class RefusalFilter : IIncomingGrainCallFilter, IOutgoingGrainCallFilter
{
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
}
