using System.Collections.Immutable;
using Pqf.Compression.Jobs;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Training;

public sealed class TrainingSettingsTests
{
    const string Begun = "epochs=7;dataloader=45 images to train on;dataloader.batch_size=45;dataloader.validation_fraction=0.25;seed=1";

    /// <summary>What a run that resumes differs in from its beginning, and the one line of it.</summary>
    [Theory]
    [InlineData("epochs=3", "epochs: expected 7 or more, since the run was last started with 7, got 3")]
    [InlineData("best_metric=loss", "best_metric: this run began without it; leave it out (got loss)")]
    [InlineData("seed=2", "seed: expected 1, as the run began with, got 2")]
    [InlineData("seed=", "seed: expected 1, as the run began with, got none")]
    [InlineData(
        "dataloader=30 images to train on;dataloader.batch_size=30;dataloader.validation_fraction=0.5",
        "dataloader.validation_fraction: expected 0.25, as the run began with, got 0.5"
    )]
    [InlineData(
        "dataloader=30 images to train on;dataloader.batch_size=30",
        "dataloader: expected 45 images to train on, as the run began with, got 30 images to train on"
    )]
    [InlineData(
        "dataloader=90 images to train on;dataloader.batch_size=64",
        "dataloader: expected 45 images to train on, as the run began with, got 90 images to train on"
    )]
    [InlineData("dataloader.batch_size=16", "dataloader.batch_size: expected 45, as the run began with, got 16")]
    public void A_difference_is_reported_where_it_was_made(string changes, string expected) =>
        Assert.Equal(
            $"configuration: {expected}",
            TrainingSettings.Differences(Settings(Begun), Settings($"{Begun};{changes}")).ErrorMessage()
        );

    [Fact]
    public void Differences_that_do_not_follow_from_each_other_are_all_reported()
    {
        var (begun, now) = (
            Settings($"{Begun};dataloader.batch_size=16"),
            Settings($"{Begun};dataloader=20 images to train on;dataloader.batch_size=8;seed=2")
        );
        var errors = TrainingSettings.Differences(begun, now).Match(_ => [], error => ((PqfError.Several)error).Errors);
        Assert.Equal(["dataloader", "dataloader.batch_size", "seed"], errors.Cast<PqfError.Config>().Select(error => error.Key));
    }

    [Fact]
    public void More_epochs_are_no_difference() => TrainingSettings.Differences(Settings(Begun), Settings($"{Begun};epochs=8")).Value();

    /// <summary>Later values win; an empty one takes the key away.</summary>
    static ImmutableSortedDictionary<string, string> Settings(string text) =>
        text.Split(';')
            .Select(pair => pair.Split('='))
            .Aggregate(
                ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal),
                (all, pair) => pair[1].Length == 0 ? all.Remove(pair[0]) : all.SetItem(pair[0], pair[1])
            );
}
