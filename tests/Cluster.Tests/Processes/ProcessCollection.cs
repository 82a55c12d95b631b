namespace Recs.Cluster.Tests.Processes;

/// <summary>Tests with processes of their own run one after the other, when the others are done.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessCollection
{
    public const string Name = "processes";
}
