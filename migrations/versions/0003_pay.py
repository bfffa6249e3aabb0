"""pay

Revision 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('pay_plan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name_zh', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('components', sa.JSON(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('store_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_pay_plan_by_id')),
    sa.ForeignKeyConstraint(['store_id'], ['store.id'], name=op.f('fk_pay_plan_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pay_plan')),
    sa.UniqueConstraint('store_id', 'id', name=op.f('uq_pay_plan_store_id_id')),
    sa.UniqueConstraint('store_id', 'since', name=op.f('uq_pay_plan_store_id_since')),
    sqlite_strict=True
    )
    with op.batch_alter_table('pay_plan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pay_plan_store_id'), ['store_id'], unique=False)

    op.create_table('earning',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('component', sa.Enum('item_commission', 'hour_pay', name='component', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('earned_as', sa.Enum('advisor', 'technician', name='earnedas', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('charge_id', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('basis', sa.Integer(), nullable=False),
    sa.Column('rate', sa.BigInteger(), nullable=False),
    sa.Column('share', sa.Integer(), nullable=False),
    sa.Column('factor', sa.Integer(), nullable=False),
    sa.Column('event_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('earned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reverses_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('store_id', sa.Integer(), nullable=False),
    sa.CheckConstraint('(reverses_id IS NULL) = (amount > 0)', name=op.f('ck_earning_only_a_reversal_takes')),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_earning_earns_something')),
    sa.CheckConstraint('share BETWEEN 1 AND 10000', name=op.f('ck_earning_share')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_earning_person_id')),
    sa.ForeignKeyConstraint(['store_id', 'charge_id'], ['charge.store_id', 'charge.id'], name=op.f('fk_earning_store_id_charge_id')),
    sa.ForeignKeyConstraint(['store_id', 'plan_id'], ['pay_plan.store_id', 'pay_plan.id'], name=op.f('fk_earning_store_id_plan_id')),
    sa.ForeignKeyConstraint(['store_id', 'reverses_id'], ['earning.store_id', 'earning.id'], name=op.f('fk_earning_store_id_reverses_id')),
    sa.ForeignKeyConstraint(['store_id'], ['store.id'], name=op.f('fk_earning_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_earning')),
    sa.UniqueConstraint('reverses_id', name=op.f('uq_earning_reverses_id')),
    sa.UniqueConstraint('store_id', 'id', name=op.f('uq_earning_store_id_id')),
    sqlite_strict=True
    )
    with op.batch_alter_table('earning', schema=None) as batch_op:
        batch_op.create_index('ix_earning_person_earned', ['person_id', 'earned_at'], unique=False)
        batch_op.create_index('ix_earning_store_earned', ['store_id', 'earned_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_earning_store_id'), ['store_id'], unique=False)
        batch_op.create_index('uq_earning_once', ['charge_id', 'person_id', 'component', 'earned_as'], unique=True, sqlite_where=sa.text('reverses_id IS NULL'), postgresql_where=sa.text('reverses_id IS NULL'))



def downgrade() -> None:
    with op.batch_alter_table('earning', schema=None) as batch_op:
        batch_op.drop_index('uq_earning_once', sqlite_where=sa.text('reverses_id IS NULL'), postgresql_where=sa.text('reverses_id IS NULL'))
        batch_op.drop_index(batch_op.f('ix_earning_store_id'))
        batch_op.drop_index('ix_earning_store_earned')
        batch_op.drop_index('ix_earning_person_earned')

    op.drop_table('earning')
    with op.batch_alter_table('pay_plan', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_pay_plan_store_id'))

    op.drop_table('pay_plan')
