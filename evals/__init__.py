"""Measuring Sanad: answers to gold questions, finding, quoting and refusing on question sets, what starting costs."""
