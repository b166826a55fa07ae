from .runs import SuiteRunner
from .suites import FORMS, Row, Suite, read_suites
from .tables import Spread, plot_suite, read_results, suite_table
from .training import last_good_checkpoint, recipe_digest, train

__all__ = [
    'FORMS', 'Row', 'Spread', 'Suite', 'SuiteRunner', 'last_good_checkpoint',
    'plot_suite', 'read_results', 'read_suites', 'recipe_digest',
    'suite_table', 'train'
]
