using Recs.Cli;

return await RecsCommand.RunAsync(args, CliHost.ForThisProcess());
