using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests;

public class ScheduleTests
{
    [Fact]
    public void Cosine_rates_are_PyTorchs()
    {
        using var file = ReferenceCase.Open("lr_schedules");
        var settings = file.Parameters.GetProperty("cosine");
        var schedule = new Schedule.Cosine(settings.GetProperty("t_max").GetInt32(), settings.GetProperty("min_lr").GetDouble());
        var state = Schedule.Start(settings.GetProperty("lr").GetDouble());
        foreach (float expected in file.Read("cosine").Values)
        {
            Assert.Equal(expected, state.LearningRate, 1e-6 * expected);
            state = schedule.AfterBatch(state);
        }

        Assert.Equal(1e-6, state.LearningRate, 1e-12);
        Assert.Equal(state.LearningRate, schedule.AfterBatch(state).LearningRate);
    }

    [Fact]
    public void Plateau_rates_are_PyTorchs()
    {
        using var file = ReferenceCase.Open("lr_schedules");
        var settings = file.Parameters.GetProperty("plateau");
        var schedule = new Schedule.Plateau(
            Better.Lower,
            settings.GetProperty("patience").GetInt32(),
            settings.GetProperty("factor").GetDouble(),
            settings.GetProperty("min_lr").GetDouble()
        );
        var state = Schedule.Start(settings.GetProperty("lr").GetDouble());
        foreach (var (metric, expected) in file.Read("plateau_metric").Values.Zip(file.Read("plateau").Values))
        {
            state = schedule.AfterEpoch(state, metric);
            Assert.Equal(expected, state.LearningRate, 1e-6 * expected);
        }
    }

    [Fact]
    public void A_plateau_of_accuracies_waits_for_higher_ones()
    {
        var schedule = new Schedule.Plateau(Better.Higher, Patience: 1, Factor: 0.5, MinRate: 0.2);
        double[] metrics = [0.1, 0.2, 0.3, 0.3, 0.3, 0.2, 0.2, 0.1, 0.4];
        var states = new List<ScheduleState> { Schedule.Start(1) };
        foreach (double metric in metrics)
            states.Add(schedule.AfterEpoch(states[^1], metric));
        Assert.Equal([1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25], states[1..].Select(state => state.LearningRate));
    }

    [Fact]
    public void Multistep_rates_fall_at_their_epochs()
    {
        var schedule = new Schedule.MultiStep([2, 3]);
        var states = new List<ScheduleState> { Schedule.Start(1) };
        for (int epoch = 0; epoch < 4; epoch++)
            states.Add(schedule.AfterEpoch(schedule.AfterBatch(states[^1]), 0));
        Assert.Equal([1, 1, 0.1, 0.01, 0.01], states.Select(state => Math.Round(state.LearningRate, 12)));
    }

    [Fact]
    public void A_constant_rate_counts_batches_and_epochs_alone()
    {
        var schedule = new Schedule.Constant();
        Assert.Equal(
            new ScheduleState(0.1, 0.1, BatchCount: 2, EpochCount: 1),
            schedule.AfterEpoch(schedule.AfterBatch(schedule.AfterBatch(Schedule.Start(0.1))), 7)
        );
    }
}
