namespace Recs.Grains.Users;

/// <summary>What grain storage keeps of a user: one blob, so that one write is the commit. Layout: docs/session-format.md.</summary>
[GenerateSerializer, Alias("recs.user-record")]
public sealed class UserRecord
{
    [Id(0)]
    public byte[] Blob { get; set; } = [];
}
