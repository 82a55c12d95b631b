using Recs.Engine.Storage;

namespace Recs.Grains.Users;

/// <summary>A user as its grain holds it. Immutable.</summary>
internal sealed record UserState
{
    private const byte Format = 1, Forgetting = 1, Moving = 2;

    /// <summary>Frames of an outbox that a damaged length could ask for at most.</summary>
    private const int MaxFrames = 1 << 20;

    public required UserSession Session { get; init; }

    /// <summary>Frames that the event log may not have yet, oldest first.</summary>
    public required IReadOnlyList<OutboxFrame> Outbox { get; init; }

    /// <summary>The user that this guest is being merged into; its session is frozen until that user has taken it in.</summary>
    public string? MovingTo { get; init; }

    /// <summary>The logs are being cleared of this user: nothing may be recorded until they are.</summary>
    public bool IsForgotten { get; init; }

    public static UserState Empty(string userId) => new() { Session = UserSession.Empty(userId), Outbox = [] };

    public byte[] Encode(SessionCodec codec)
    {
        var session = codec.Encode(Session);
        var writer = new ByteWriter(session.Length + 64);
        writer.Byte(Format);
        writer.Byte((byte)((IsForgotten ? Forgetting : 0) | (MovingTo is null ? 0 : Moving)));
        if (MovingTo is not null)
            writer.Text(MovingTo);
        writer.Varint((ulong)session.Length);
        writer.Bytes(session);
        writer.Varint((ulong)Outbox.Count);
        foreach (var frame in Outbox)
        {
            writer.Varint((ulong)frame.Events);
            writer.Varint((ulong)frame.Bytes.Length);
            writer.Bytes(frame.Bytes);
        }

        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">The blob is damaged, or of another format.</exception>
    public static UserState Decode(ReadOnlySpan<byte> blob, SessionCodec codec)
    {
        var reader = new ByteReader(blob);
        if (reader.Byte() is var format && format != Format)
            throw reader.Damaged($"a user of format {format}; this version reads {Format}");
        var flags = reader.Byte();
        var movingTo = (flags & Moving) != 0 ? reader.Text() : null;
        var session = codec.Decode(reader.Blob());
        var outbox = new OutboxFrame[reader.Count(MaxFrames, leastBytes: 2, "frames")];
        for (var i = 0; i < outbox.Length; i++)
            outbox[i] = new OutboxFrame((int)reader.Bounded(int.MaxValue, "the number of events"), reader.Blob().ToArray());
        reader.End();
        return new UserState { Session = session, Outbox = outbox, MovingTo = movingTo, IsForgotten = (flags & Forgetting) != 0 };
    }
}

/// <param name="Events">Events in it.</param>
/// <param name="Bytes">An encoded log entry.</param>
internal sealed record OutboxFrame(int Events, byte[] Bytes);
