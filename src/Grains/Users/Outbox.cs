using Recs.Grains.Silo;

namespace Recs.Grains.Users;

/// <summary>
/// What one user owes the event log: frames on their way, oldest first. Sending one twice is harmless. Used on its
/// user's turn only.
/// </summary>
internal sealed class Outbox(string userId, OutboxDrain drain)
{
    private readonly List<Owed> _owed = [];

    /// <summary>Events that the log may not have yet.</summary>
    public int Events { get; private set; }

    /// <summary>The frames that the log may not have yet, with one more.</summary>
    public OutboxFrame[] With(OutboxFrame? next) => [.. _owed.Select(o => o.Frame), .. next is null ? [] : new[] { next }];

    /// <summary>Begins to send a frame that storage has.</summary>
    public void Send(OutboxFrame frame)
    {
        var owed = new Owed(frame);
        _owed.Add(owed);
        Events += frame.Events;
        owed.Sent = SendAsync(owed);
    }

    /// <summary>Sends these instead of what was owed before: storage has been read again.</summary>
    public void Restart(IReadOnlyList<OutboxFrame> frames)
    {
        _owed.Clear();
        Events = 0;
        foreach (var frame in frames)
            Send(frame);
    }

    /// <summary>Completes when the log has everything.</summary>
    public async Task DrainedAsync()
    {
        while (_owed.Count > 0)
            await _owed[0].Sent;
    }

    private async Task SendAsync(Owed owed)
    {
        // The silo may stop first: then this fails, and the next activation sends it from the user's state.
        await drain.SendAsync(userId, owed.Frame.Bytes);
        if (_owed.Remove(owed))
            Events -= owed.Frame.Events;
    }

    private sealed class Owed(OutboxFrame frame)
    {
        public OutboxFrame Frame { get; } = frame;

        public Task Sent { get; set; } = Task.CompletedTask;
    }
}
